"""
Motifs of the peaks of each cell type
=====================================

Columns are cell types and rows families of transcription factors. The color is the log2 odds ratio of a site in the peaks of the
cell type, compared with peaks of similar GC content and accessibility, and the size the adjusted p-value. The data are made
up: each cell type opens peaks with the site of one factor.
"""

import anndata as ad
import numpy as np
import pandas as pd

import scgsfm as sg

sites = {"B": "GAGGAAGTGAAAC", "erythroid": "AGATAAGGAGATAA", "stem": "ATTTGCATAACAAAG"}
rng = np.random.default_rng(0)
cells = np.repeat(list(sites), 40)
opens = rng.choice([*sites, "none"], 600, p=[0.1, 0.1, 0.1, 0.7])
sequences = ["".join(rng.choice(list("ACGT"), 150)) + sites.get(cell, "") for cell in opens]
rate = 0.3 * np.where(cells[:, None] == opens, 3.0, 1.0)
adata = ad.AnnData(
    rng.poisson(rate).astype(np.float32),
    obs=pd.DataFrame({"cell_type": cells}, index=[f"cell_{i}" for i in range(len(cells))]),
    var=pd.DataFrame({"sequence": sequences}, index=[f"peak_{i}" for i in range(600)]),
)
sg.tl.motif_activity(adata, "cell_type", sequences="sequence")
sg.pl.motif_activity(adata)
