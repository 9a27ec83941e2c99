"""
Effects of variants
===================

A dot is the difference of the predicted activity between the alleles in a cell type; left of 0, the variant lowers the activity.
The text at the right lists the motifs that only one of the alleles has: ``-`` is a site that the variant destroys, ``+`` a new one.
"""

import scgsfm as sg

genome = sg.datasets.atac_genome()  # a part of chr22 (hg38)

# changes of 24 bases of a peak, each to one other base
other = {"A": "G", "C": "T", "G": "A", "T": "C"}
start = 32_005_612
bases = genome["chr22"][start : start + 24].upper()
variants = [
    f"chr22:{start + i + 1}:{base}:{other[base]}" for i, base in enumerate(bases)
]
effects = sg.tl.variant_effect(variants, genome=genome)
sg.pl.variant_effect(effects, n_top=12)
