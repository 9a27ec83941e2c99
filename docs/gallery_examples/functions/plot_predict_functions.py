"""
Functions of genes
==================

A panel is a gene; a dot is the probability that a term contains it. Terms that the library lists for the gene have another
color, and predicted terms above them are the ones to look at first.
"""

import scgsfm as sg

table = sg.tl.predict_functions(["CD3D", "ISG15", "LYZ", "CENPF"], library="hallmark")
sg.pl.predict_functions(table, n_top=8)
