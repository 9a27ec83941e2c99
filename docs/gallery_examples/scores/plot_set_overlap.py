"""
Overlap of gene sets
====================

The color is the share of genes that two sets have in common (Jaccard index). Blocks along the diagonal are sets of nearly
the same genes, whose scores and p-values repeat each other.
"""

import scgsfm as sg

hallmark = sg.datasets.library("hallmark")
sg.pl.set_overlap(hallmark)

# %%
# Genes in several sets
# ---------------------
# A column is a combination of sets, marked by dots, and its bar the number of genes in exactly these sets. Bars above two
# dots or more are genes that make sets look alike.

names = [
    "HALLMARK_INTERFERON_ALPHA_RESPONSE",
    "HALLMARK_INTERFERON_GAMMA_RESPONSE",
    "HALLMARK_INFLAMMATORY_RESPONSE",
    "HALLMARK_TNFA_SIGNALING_VIA_NFKB",
]
sg.pl.set_overlap(hallmark, names, kind="upset")
