"""AUCell of completed gene sets."""

from __future__ import annotations

from ._aucell import aucell
from ._method import Method

GSFM = Method(
    name="gsfm",
    prepare=aucell,
    title="AUCell of completed gene sets",
    statistic="AUCell of the genes of the set and of the genes that the model adds, which together weigh as much as two genes of the set",
    reference="https://doi.org/10.1016/j.patter.2026.101565",
    range=(0.0, 1.0),
    weights=True,
    signs=False,
    missing_genes="skipped",
    completes=True,
    null="same size and weights",
    task="small sets in shallow cells",
    when="sets of a few genes, or cells with few counts, where the genes of the set have dropped out",
    avoid="whole sets on deep data, where it equals `aucell`; sets of genes that the model doesn't know (non-coding RNAs); panels of a "
    "few hundred genes without raising `n_up`",
    peer="none: AUCell of sets that the model completed",
)
