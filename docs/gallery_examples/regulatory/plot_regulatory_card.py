"""
Why an element is active
========================

A box is a binding site in the color of its family, with a frame if the reasoning cites it as activating or repressing; the letters
below are the bases, as high as their effect on the predicted activity. Tall letters below a box are a site that the prediction rests
on, here the GATA site at position 100; boxes without letters below are sites that do not matter in this element.
"""

import scgsfm as sg

# an element of open chromatin in K562 cells: chr22:32,005,525-32,005,725 of hg38
element = (
    "CACAGGAGAGAGGAAGAAAGGGAGAATGGTGAAATTCTAGGCATCCTCATGTGGCTGGGAGAGGTATTTTCCTGTCATCA"
    "TGCACCCTAGGAAAGTAGAGATAAGGCAGATCCTTATCCCAGCCCCTGAAACCTGCCAACTGGTAAATTCAGCACTGACT"
    "CACACTCAAGGAAGTAGCAGAGGACACTGTGGAGCAATTC"
)
sequences = {"chr22:32005525-32005725": element}
tables = sg.tl.explain_regulation(sequences=sequences, cell_type="K562")
sg.pl.regulatory_card(tables, "chr22:32005525-32005725", "K562")
