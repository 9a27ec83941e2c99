"""
Why an element is active
========================

A box is a binding site, in color if the explanation cites it, and the letters below are the bases by what the predicted activity
loses without them. Read both together: tall letters inside a box are a site that the prediction rests on, and boxes without
letters are sites that don't matter here.
"""

import scgsfm as sg

# a peak of chr22 (hg38), in open chromatin of MCF-7 cells
adata = sg.datasets.atac()
peak = "chr22:32005525-32005725"
sg.tl.explain_regulation(
    adata, peak, genome=sg.datasets.atac_genome(), cell_type="K562"
)
sg.pl.regulatory_card(adata, peak, "K562")
