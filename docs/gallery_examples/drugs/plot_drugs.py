"""
Compounds that mimic or reverse cells
=====================================

A row is a compound. Compounds on the right shift the landmark genes of LINCS L1000 as the cells differ from the other cells,
those on the left in the opposite direction. Filled dots are significant against random signatures. The color is the
mechanism of action. Similar expression does not mean that cells respond to a drug.
"""

import scgsfm as sg

adata = sg.datasets.gut()
sg.tl.drugs(adata, "cell_type")
sg.pl.drugs(adata, ["B cell", "Endothelial cell"])

# %%
# Genes that rise and fall
# ------------------------
# Two lists of genes are compared in the same way: here, genes of the heat-shock response that rise and genes of the cell cycle
# that fall. Inhibitors of the proteasome have such a signature.

up = ["HMOX1", "HSPA1A", "DNAJB1", "PSMD4", "BAG3", "HSPA8", "DDIT4", "GADD45B"]
down = ["CCNA2", "CCNB1", "CDC20", "AURKA", "MYC"]
table = sg.tl.drugs(up=up, down=down)
sg.pl.drugs(table)
