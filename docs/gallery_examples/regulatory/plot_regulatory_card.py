"""
Why an element is active
========================

A box is a binding site in the color of its family, with a frame if the reasoning cites it as activating or repressing; the letters
below are the bases, as high as their effect on the predicted activity. Tall letters below a box are a site that the prediction rests
on, here the GATA site at position 100; boxes without letters below are sites that do not matter in this element.
"""

import scgsfm as sg

# a peak of chr22 (hg38), in open chromatin of MCF-7 cells
adata = sg.datasets.atac()
peak = "chr22:32005525-32005725"
sg.tl.explain_regulation(
    adata, peak, genome=sg.datasets.atac_genome(), cell_type="K562"
)
sg.pl.regulatory_card(adata, peak, "K562")
