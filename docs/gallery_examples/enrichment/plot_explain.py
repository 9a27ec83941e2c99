"""
Explanation of a group of cells
===============================

The card has the sentences of which every claim was checked, the markers of the first function with their log2 fold change, and
the enriched terms: functions, the most similar signature of a cell type, phenotypes and diseases. The sources are below the text.
"""

import scgsfm as sg

adata = sg.datasets.pbmc()
sg.tl.explain(adata, "cell_type")
sg.pl.explain(adata, "Platelet")

# %%
# A list of genes
# ---------------
# Half of these genes are proteins of the proteasome, and half are random. Their core is found and explained, and genes that do
# not fit are listed with the probability that they belong to it.

proteasome = ["PSMA1", "PSMA2", "PSMA3", "PSMB1", "PSMB2", "PSMB5", "PSMC1", "PSMD1"]
random = ["CDH8", "OR10D3", "RNF222", "TAT", "TMEM52B", "TCERG1L", "KRT31", "MYL3"]
found = sg.tl.explain(genes=[*proteasome, *random], phenotypes=False)
sg.pl.explain(found)
