"""
Genes behind terms
==================

Above, the genes of the group that are in each term; genes of several terms come first. Below, the mean expression of these genes
in all groups, scaled to 0–1 for each gene: a column with several bright fields is a gene that isn't specific to the group.
"""

import scgsfm as sg

adata = sg.datasets.pbmc()
sg.tl.enrich(adata, "hallmark", groupby="cell_type")
sg.pl.leading_edge(adata, "CD14+ Mono")
