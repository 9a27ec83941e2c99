"""
Genes that a set lacks
======================

A dot is the probability, by the model, that a gene belongs to the set; the scale is that of log odds. Genes of the set itself
have another color: predicted genes that stand between them belong to the set as clearly as its own genes.
"""

import scgsfm as sg

sets = {
    "interferon": ["ISG15", "IFIT1", "IFIT3", "MX1", "OAS1"],
    "T cell receptor": ["CD3D", "CD3E", "CD247", "LCK"],
}
table = sg.tl.complete_sets(sets, n_genes=15)
sg.pl.complete_sets(table, n_genes=15)
