"""
Differences between conditions
==============================

Blood cells are split at random among eight donors, of which four are treated. Donors differ, and the treatment induces genes of
the interferon response, most in monocytes, and lowers oxidative phosphorylation: all this is simulated. A dot is a set in a cell
type: the color is the effect, and the size grows as the adjusted p-value falls. A ring marks significant sets.
"""

import numpy as np
import scgsfm as sg

rng = np.random.default_rng(0)
adata = sg.datasets.pbmc()
adata = adata[adata.obs["cell_type"].isin(["Naive CD4 T", "B", "CD14+ Mono"])].copy()
donor = rng.integers(8, size=adata.n_obs)
adata.obs["donor"] = [f"donor {i + 1}" for i in donor]
adata.obs["group"] = np.where(donor < 4, "control", "treated")
adata.obs["cell_type"] = adata.obs["cell_type"].cat.remove_unused_categories()

sets = sg.datasets.library("hallmark")
interferon = adata.var_names.isin(sets["HALLMARK_INTERFERON_ALPHA_RESPONSE"])
oxphos = adata.var_names.isin(sets["HALLMARK_OXIDATIVE_PHOSPHORYLATION"])
fold = rng.lognormal(0, 0.3, (8, adata.n_vars))
fold[4:, oxphos] *= 0.7
is_mono = (adata.obs["cell_type"] == "CD14+ Mono").to_numpy()
induced = np.where(is_mono, 0.15, 0.06) * (donor >= 4)
means = adata.X.toarray() * fold[donor] + np.outer(induced, interferon)
adata.X = rng.poisson(means).astype("float32")

sg.tl.score(adata, "hallmark")
design = {"condition": "group", "sample": "donor", "groupby": "cell_type"}
sg.tl.compare(adata, "score_aucell", min_cells=5, **design)
sg.pl.compare(adata, n_terms=4)

# %%
# One set by donor
# ----------------
# A point is the mean score of a donor, over the distribution of the scores of the cells. The test compares the points, not the
# cells.

sg.pl.compare(adata, kind="samples", terms="HALLMARK_INTERFERON_ALPHA_RESPONSE")

# %%
# All sets of one cell type
# -------------------------
# Sets to the right have a higher score in treated donors. Those above the dashed line are significant.

sg.pl.compare(adata, "CD14+ Mono", kind="volcano")
