"""
Cell types of clusters
======================

Left, the label of each cell; right, how clearly its cluster was assigned. Clusters without enough evidence are
``unassigned`` instead of getting the best of several wrong labels.
"""

import scanpy as sc

import scgsfm as sg

adata = sg.datasets.pbmc()
sc.pp.normalize_total(adata)
sc.pp.log1p(adata)
sc.pp.pca(adata, n_comps=30)
sc.pp.neighbors(adata)
sc.tl.umap(adata)
sc.tl.leiden(adata, flavor="igraph", n_iterations=2)

sg.tl.annotate(adata, markers="pbmc_markers", groupby="leiden")
sg.pl.annotate(adata)

# %%
# Evidence of each cluster
# ------------------------
# The color is the score of a cell type in a cluster, and the mark the best one. Read along a row: a single bright field is a
# clear label, two of them are two types that the markers can't tell apart in this cluster.

sg.pl.annotate(adata, kind="matrix")
