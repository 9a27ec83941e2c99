"""
Design of an element
====================

The lines are the predicted activity after each change of a base, in the target cell type and in the others; the sequences below are
the element before and after. The text names the motifs that a change adds or removes.
"""

import scgsfm as sg

genome = sg.datasets.atac_genome()
element = genome["chr22"][32_005_525:32_005_725].upper()
designed = sg.tl.design_elements({"peak": element}, "HepG2", max_changes=2)
sg.pl.design(designed, "peak")
