"""
Maps of genes and gene sets
===========================

A point is a gene set, placed by its vector of the model: sets that are close have genes of similar function, even if they
share none. Neighbors are meaningful, but axes and large distances are not.
"""

import scgsfm as sg

sg.pl.gene_map(sg.tl.embed_sets("hallmark"))

# %%
# Genes of a data set
# -------------------
# A point is a gene of the data; the colors are sets. Genes of other sets in the middle of a colored region are candidates for
# the same function.

adata = sg.datasets.pbmc()
sg.tl.embed_genes(adata)
hallmark = sg.datasets.library("hallmark")
names = ["OXIDATIVE_PHOSPHORYLATION", "INTERFERON_ALPHA_RESPONSE", "E2F_TARGETS", "MYOGENESIS", "COAGULATION"]
sets = {name: hallmark[f"HALLMARK_{name}"] for name in names}
sg.pl.gene_map(adata, gene_sets=sets)
