"""
Motifs of the peaks of each cell type
=====================================

Columns are cell types and rows families of transcription factors. The color is the log2 odds ratio of a site in the peaks of the
cell type, compared with peaks of similar GC content and accessibility, and the size the adjusted p-value. Here are three cell
lines and the 300 kb of chromosome 22 that the package includes. So few peaks give no significant motif: the plot shows the best
ones, and says so.
"""

import anndata as ad
import numpy as np
import pandas as pd

import scgsfm as sg

lines = sg.datasets.atac()
sg.tl.motif_activity(lines, "cell_line", genome=sg.datasets.atac_genome())
sg.pl.motif_activity(lines)

# %%
# Significant motifs
# ------------------
# How a clear result looks, in data that are made up: each cell type opens peaks with the site of one factor. A ring marks
# significant motifs.

sites = {
    "B": "GAGGAAGTGAAAC",
    "erythroid": "AGATAAGGAGATAA",
    "stem": "ATTTGCATAACAAAG",
}
rng = np.random.default_rng(0)


def peak(cell_type):
    site = sites.get(cell_type, "")
    return "".join(rng.choice(list("ACGT"), 160 - len(site))) + site


opens = rng.choice([*sites, "none"], 600, p=[0.1, 0.1, 0.1, 0.7])
obs = pd.DataFrame({"cell_type": np.repeat(list(sites), 40)})
obs.index = [f"cell_{i}" for i in obs.index]
is_open = obs["cell_type"].to_numpy()[:, None] == opens
counts = rng.poisson(np.where(is_open, 0.9, 0.3)).astype(np.float32)
var = pd.DataFrame({"sequence": [peak(cell_type) for cell_type in opens]})
var.index = [f"peak_{i}" for i in var.index]
adata = ad.AnnData(counts, obs=obs, var=var)

sg.tl.motif_activity(adata, "cell_type", sequences="sequence")
sg.pl.motif_activity(adata)
