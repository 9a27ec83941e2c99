"""
Enriched terms of groups of cells
=================================

A dot is a term in a group: the color is its score, and the size grows as the adjusted p-value falls. A ring marks significant
terms, so that small dots without one are shown for comparison only.
"""

import scgsfm as sg

adata = sg.datasets.pbmc()
sg.tl.enrich(adata, "hallmark", groupby="cell_type")
sg.pl.enrich(adata)

# %%
# Bars of one group
# -----------------
# The length of a bar is how much more of its genes a term has in the list than expected, and the color the evidence for it. Long
# pale bars are small terms, of which a few genes make a large ratio.

sg.pl.enrich(adata, "CD14+ Mono", kind="bar")

# %%
# All terms of one group
# ----------------------
# Terms to the right have a larger score, terms further up a lower p-value. Those above the dotted line are significant, and the
# best of them are labeled.

sg.pl.enrich(adata, "CD14+ Mono", kind="volcano")
