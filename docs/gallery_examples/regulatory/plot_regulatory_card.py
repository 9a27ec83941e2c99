"""
Why an element is active
========================

A box is a binding site, in color if the explanation cites it, and the letters below are the bases by what the predicted activity
loses without them. Read both together: tall letters inside a box are a site that the prediction rests on, and boxes without
letters are sites that don't matter here.
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
