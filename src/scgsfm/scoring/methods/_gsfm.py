"""AUCell of completed gene sets."""

from __future__ import annotations

from ._aucell import aucell
from ._method import Method

GSFM = Method(
    name="gsfm",
    prepare=aucell,
    title="AUCell of gene sets completed by a gene-set foundation model",
    statistic="AUCell of the genes of the set and of genes that the model predicts, weighted by probability",
    reference="https://doi.org/10.1016/j.patter.2026.101565",
    range=(0.0, 1.0),
    weights=True,
    signs=False,
    missing_genes="skipped",
    completes=True,
)
