"""
Maps of enriched terms
======================

A node is an enriched term; similar terms are close and connected, and each cluster is named after its most central term. The
size is the number of genes, and the color the normalized enrichment score in the group.
"""

import scgsfm as sg

adata = sg.datasets.pbmc()
sg.tl.enrich(adata, "go_bp", groupby="cell_type", mode="ranked")
sg.tl.cluster_terms(adata)
sg.pl.enrichment_map(adata, "CD14+ Mono")

# %%
# Several groups
# --------------
# A pie has a slice for each group in which the term is significant, pale if its score is negative: clusters of one color
# belong to one cell type, and mixed ones to several.

sg.pl.enrichment_map(adata, ["B", "NK", "CD14+ Mono"], n_terms=150)

# %%
# A panel for each group
# ----------------------
# The positions are the same in all panels. Grey terms are not significant in the group.

sg.pl.enrichment_map(adata, ["B", "CD14+ Mono"], kind="panels", n_terms=100)
