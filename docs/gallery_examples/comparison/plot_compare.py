"""
Differences between conditions
==============================

Cells of five patients with glioblastoma, half of them treated with panobinostat. A dot is a set: the color is the effect of the
treatment, and the size grows as the adjusted p-value falls. A ring marks sets with an adjusted p-value of at most ``max_padj``. The
patients are the replicates: 1,500 cells are ten samples in five pairs. With ``groupby``, each cell type is a column.
"""

import scgsfm as sg

adata = sg.datasets.glioblastoma()
# the data have 300 genes: take the sets with six of them or more
sets = {
    name: [gene for gene in genes if gene in adata.var_names]
    for name, genes in sg.datasets.library("hallmark").items()
}
sets = {name: genes for name, genes in sets.items() if len(genes) > 5}

sg.tl.score(adata, sets, n_up=300)
sg.tl.compare(
    adata,
    "score_aucell",
    condition="treatment",
    reference="vehicle",
    sample="sample",
    paired="patient",
)
sg.pl.compare(adata, max_padj=0.1)

# %%
# One set by sample
# -----------------
# A point is the mean score of a sample, over the distribution of the scores of the cells. The test compares the points, not the
# cells. Lines join the samples of a patient: in each pair, the treated sample is the lower one.

sg.pl.compare(adata, kind="samples", terms="HALLMARK_KRAS_SIGNALING_UP")

# %%
# All sets
# --------
# Sets to the right have a higher score in treated samples. Those above the dashed line are significant.

sg.pl.compare(adata, kind="volcano")
