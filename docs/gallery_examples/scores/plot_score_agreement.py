"""
Agreement of methods
====================

The color is the correlation of the scores of two methods over the cells, the median over sets. Methods with a correlation
close to 1 rank the cells alike, and the choice between them doesn't matter for these sets.
"""

import scgsfm as sg

adata = sg.datasets.pbmc()
sg.tl.score(adata, "pbmc_markers", method=["aucell", "ucell", "zscore", "mean", "gsfm"])
sg.pl.score_agreement(adata)

# %%
# By set
# ------
# A row is a set, and the color the mean correlation of a method with the others. Sets with low values depend on the method:
# often small sets, or sets of genes that few cells express.

sg.pl.score_agreement(adata, kind="sets")
