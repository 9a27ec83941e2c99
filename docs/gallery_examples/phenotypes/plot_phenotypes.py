"""
Phenotypes of groups of cells
=============================

A dot is a phenotype whose genes are among the most specific genes of a group of cells. The size grows as the adjusted p-value
falls, and a ring marks significant phenotypes; they show what fails if the genes of these cells do, not what the donors have.
"""

import scgsfm as sg

adata = sg.datasets.gut()
# markers without ribosomal genes, which any cell that grows expresses
sg.tl.phenotypes(adata, "cell_type", exclude="ribosomal")
sg.pl.phenotypes(adata)

# %%
# Diseases
# --------
# Rows are diseases of the genes. A disease in one column only is specific to a type of cells, one in all columns to genes that
# every cell expresses.

sg.pl.phenotypes(adata, kind="disease")
