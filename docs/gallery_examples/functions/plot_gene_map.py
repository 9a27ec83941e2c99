"""
Maps of genes and gene sets
===========================

A point is a gene set, placed by its vector of the model: sets that are close have genes of similar function, even if they
share none. Neighbors are meaningful, but axes and large distances are not.
"""

import scanpy as sc

import scgsfm as sg

sg.pl.gene_map(sg.tl.embed_sets("hallmark"))

# %%
# Genes of a data set
# -------------------
# A point is a gene that a tenth of the cells express; the colors are sets. Other genes in the middle of a colored region are
# candidates for the same function.

adata = sg.datasets.pbmc()
sc.pp.filter_genes(adata, min_cells=adata.n_obs // 10)
sg.tl.embed_genes(adata)
hallmark = sg.datasets.library("hallmark")
names = [
    "OXIDATIVE_PHOSPHORYLATION",
    "MYC_TARGETS_V1",
    "INTERFERON_ALPHA_RESPONSE",
    "ALLOGRAFT_REJECTION",
    "TNFA_SIGNALING_VIA_NFKB",
]
sets = {name: hallmark[f"HALLMARK_{name}"] for name in names}
sg.pl.gene_map(adata, gene_sets=sets)
