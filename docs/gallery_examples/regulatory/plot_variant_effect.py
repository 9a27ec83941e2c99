"""
Effects of variants
===================

A dot is the difference of the predicted activity between the alleles in a cell type; left of 0, the variant lowers the activity.
The text at the right lists the motifs that only one of the alleles has: ``-`` is a site that the variant destroys, ``+`` a new one.
"""

import scgsfm as sg

# chr22:32,005,426-32,005,825 of hg38, around an element of open chromatin in K562 cells
region = (
    "TAATCTTTAGGTTTCTTTCCGGTTCTGGCTTTCCAGATTTCAGGCTACACTCAGACTAAGATGACAGGGTTATTTCTTCC"
    "AAGGGTATTTTGCACTGAAACACAGGAGAGAGGAAGAAAGGGAGAATGGTGAAATTCTAGGCATCCTCATGTGGCTGGGA"
    "GAGGTATTTTCCTGTCATCATGCACCCTAGGAAAGTAGAGATAAGGCAGATCCTTATCCCAGCCCCTGAAACCTGCCAAC"
    "TGGTAAATTCAGCACTGACTCACACTCAAGGAAGTAGCAGAGGACACTGTGGAGCAATTCCTGGGAGCAGGGCCTCTTGC"
    "CTGATTGGTATGAATCCCTGTGGGCAGCTGGTATGAATGGGTCCGGTCCTGGACACTCCCTGGGACTTCATTAGGAATTA"
)
genome = {"region": region}

# all changes to one other base at 24 positions of the element
other = {"A": "G", "C": "T", "G": "A", "T": "C"}
variants = [f"region:{i + 1}:{region[i]}:{other[region[i]]}" for i in range(188, 212)]
effects = sg.tl.variant_effect(variants, genome=genome)
sg.pl.variant_effect(effects, n_top=12)
