"""
Heat maps of enriched terms
===========================

Rows are terms, ordered by cluster; a bracket has the name of the most central term of its cluster. The color is the normalized
enrichment score, and a dot marks significant terms. Rows of one bracket that differ in color are functions that the clusters
should not have joined.
"""

import scgsfm as sg

adata = sg.datasets.pbmc()
sg.tl.enrich(adata, "go_bp", groupby="cell_type", mode="ranked")
sg.tl.cluster_terms(adata)
sg.pl.term_heatmap(adata)

# %%
# Similarity of the terms
# -----------------------
# The color is the similarity of two terms by the vectors of the model, and a frame surrounds each cluster. Bright fields
# outside the frames are clusters that are related.

sg.pl.term_heatmap(adata, kind="similarity", n_terms=150)
