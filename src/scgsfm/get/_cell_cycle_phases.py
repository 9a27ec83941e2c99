from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scgsfm._messages import did_you_mean, listing

from ._scores import scores

if TYPE_CHECKING:
    from anndata import AnnData

PHASES = ("G1", "S", "G2M")


def cell_cycle_phases(
    adata: AnnData, method: str = "score_genes", *, s: str = "S", g2m: str = "G2M", key: str | None = None
) -> pd.Series:
    """Get the phase of the cell cycle of each cell from the scores of two gene sets.

    The rule is that of :func:`scanpy.tl.score_genes_cell_cycle` and of Seurat: a cell with two
    negative scores is in phase G1, and any other cell in the phase with the higher score, in S if both are equal. The
    scores are differences to control genes, as those of ``method="score_genes"``; with ``ctrl_size`` set to the size of the
    smaller set, scores and phases equal those of scanpy.

    Parameters
    ----------
    adata
        Cells with scores of :func:`~scgsfm.tl.score` for both sets.
    method
        Name of the scoring method. Its scores must be centered at 0.
    s, g2m
        Names of the sets.
    key
        Key of the scores in ``obsm``, if ``key_added`` was used.

    Returns
    -------
    The phase of each cell, with the categories ``"G1"``, ``"S"`` and ``"G2M"``.

    Raises
    ------
    KeyError
        If the scores or the sets do not exist.

    Examples
    --------
    >>> import scgsfm
    >>> import scanpy as sc
    >>> adata = scgsfm.datasets.pbmc()
    >>> sc.pp.normalize_total(adata)
    >>> sc.pp.log1p(adata)
    >>> sets = {"S": ["PCNA", "TYMS", "MCM2", "MCM4", "RRM1"], "G2M": ["HMGB2", "TUBB4B", "CKS2", "TOP2A", "NUSAP1"]}
    >>> scgsfm.tl.score(adata, sets, method="score_genes", ctrl_size=5)
    >>> adata.obs["phase"] = scgsfm.get.cell_cycle_phases(adata)
    """
    table = scores(adata, method, key=key)
    for name in (s, g2m):
        if name not in table:
            msg = (
                f"No set {name!r} was scored; there are: {listing(list(table))}.{did_you_mean(name, list(table))} "
                "Set `s` and `g2m`."
            )
            raise KeyError(msg)
    resting = (table[s] < 0) & (table[g2m] < 0)
    phases = np.select([resting, table[g2m] > table[s]], ["G1", "G2M"], "S")
    return pd.Series(pd.Categorical(phases, categories=PHASES), index=table.index, name="phase")
