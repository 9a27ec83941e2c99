"""
Scores on a UMAP
================

A panel for each gene set; the color of a cell is its score. The colors end at the 99th percentile, so that single cells
don't determine the scale.
"""

import scanpy as sc

import scgsfm as sg

adata = sg.datasets.pbmc()
sg.tl.score(adata, "pbmc_markers")

sc.pp.normalize_total(adata)
sc.pp.log1p(adata)
sc.pp.pca(adata, n_comps=30)
sc.pp.neighbors(adata)
sc.tl.umap(adata)

sg.pl.score(adata, ["B", "NK", "CD14+ Mono", "FCGR3A+ Mono"], ncols=2)
