"""
Scores in groups of cells
=========================

Scores of marker sets in the cell types of blood. Each kind of plot shows the same scores of ``adata.obsm`` in another way.
"""

import scgsfm as sg

adata = sg.datasets.pbmc()
sg.tl.score(adata, "pbmc_markers", method="gsfm")

# %%
# Means of groups
# ---------------
# Color is the mean score of a set in a group. If sets have different ranges, ``standard_scale="var"`` scales each of them to
# 0–1, so that rows show where a set is highest.

sg.pl.score(adata, kind="matrixplot", groupby="cell_type", standard_scale="var")

# %%
# Means and shares
# ----------------
# Color is the mean score, and the size of a dot the share of cells above the cutoff, by default the mean of all cells. A
# small bright dot is a set that few cells of a group have, but these strongly.

options = {"groupby": "cell_type", "standard_scale": "var"}
sg.pl.score(adata, kind="dotplot", dendrogram=True, **options)

# %%
# Distributions
# -------------
# Violins show how the scores of a group spread. Two bumps in one violin are two kinds of cells in one group.

sg.pl.score(adata, kind="violin", groupby="cell_type")

# %%
# Densities with medians
# ----------------------
# Ridges show fewer sets in more detail; the line is the median of a group. Groups that overlap here can't be distinguished by
# this set.

sg.pl.score(adata, ["B", "NK", "CD14+ Mono"], kind="ridge", groupby="cell_type")

# %%
# Single cells
# ------------
# A column is a cell, sorted by its group. Columns that differ from their neighbors are cells with another label than their
# scores suggest.

sg.pl.score(adata, kind="heatmap", groupby="cell_type", standard_scale="var")
