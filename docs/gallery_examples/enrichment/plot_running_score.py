"""
Running sums of ranked genes
============================

Genes are ordered from the highest in monocytes to the lowest, and a curve rises at each gene of its term. A peak at the left
means that the genes of the term are among the highest; the genes up to the peak are the leading edge, in stronger color.
"""

import scgsfm as sg

adata = sg.datasets.pbmc()
sg.tl.enrich(adata, "hallmark", groupby="cell_type", mode="ranked")

names = ["INFLAMMATORY_RESPONSE", "COMPLEMENT", "MYC_TARGETS_V1"]
terms = [f"HALLMARK_{name}" for name in names]
sg.pl.running_score(adata, terms, group="CD14+ Mono")

# %%
# One term in several groups
# --------------------------
# The same term in other groups of cells, with the normalized score (NES) and the false discovery rate (FDR) of each. Curves
# that stay close to 0 have genes of the term at all ranks.

groups = ["FCGR3A+ Mono", "NK", "B", "Naive CD4 T"]
sg.pl.running_score(adata, "HALLMARK_INTERFERON_GAMMA_RESPONSE", group=groups)
