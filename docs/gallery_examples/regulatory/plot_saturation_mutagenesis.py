"""
All single-base variants of an element
======================================

Each column is a position of the element, each row the base that replaces it, and the color what that does to the predicted activity.
Dark columns below a box are the bases that the site needs.
"""

import scgsfm as sg

adata = sg.datasets.atac()
peak = "chr22:32005525-32005725"
genome = sg.datasets.atac_genome()
sg.tl.saturation_mutagenesis(adata, peak, genome=genome, cell_type="K562")
sg.pl.saturation_mutagenesis(adata, peak, "K562")
