from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from scgsfm._messages import listing

from ._method import Method

if TYPE_CHECKING:
    from scgsfm.scoring._set_index import SetIndex
    from scgsfm.scoring.engine import BlockReader, CellBlock

    from ._method import Scorer


def ucell(
    rows: BlockReader,
    sets: SetIndex,
    /,
    *,
    max_rank: int = 1500,
    w_neg: float = 1.0,
    missing: Literal["lowest", "skipped"] = "lowest",
) -> Scorer:
    """Mann-Whitney U of a set's genes by their ranks in a cell, the ranks cut at ``max_rank``.

    With ``L`` genes and ``M = max_rank``, at most the number of genes, U = (L·M - Σ min(r, M)) / (L·M - L(L+1)/2),
    for up- and down-regulated genes apart; the score is U⁺ - ``w_neg``·U⁻, or 0 if that is negative.
    """
    top = min(max_rank, rows.n_genes)
    best_up, best_down = _best_gains(sets, top, missing)
    weights = sets.membership.data
    set_of = np.repeat(np.arange(len(sets)), sets.n_found)
    scaled = sets.reweighted(np.where(weights > 0, 1 / best_up[set_of], -w_neg / best_down[set_of]))

    def score(cells: CellBlock) -> np.ndarray:
        from scgsfm.kernels import truncated_ranks

        scores = scaled.set_sums(cells.indptr, cells.indices, *truncated_ranks(cells.ranks, top, ties="average"))
        return np.maximum(scores, 0, out=scores)

    return score


def _best_gains(sets: SetIndex, top: int, missing: str) -> tuple[np.ndarray, np.ndarray]:
    """The denominators of U for the up- and for the down-regulated genes of each set."""
    if missing not in {"lowest", "skipped"}:
        msg = f"`missing` is {missing!r}, but must be 'lowest' or 'skipped'."
        raise ValueError(msg)
    found_down = (sets.membership < 0).sum(axis=1)
    counts = [
        sets.n_listed - sets.n_down if missing == "lowest" else sets.n_found - found_down,
        sets.n_down if missing == "lowest" else found_down,
    ]
    too_long = np.flatnonzero(np.maximum(*counts) > top)
    if len(too_long):
        msg = (
            f"`max_rank` is {top} (it can't exceed the number of genes), but these sets have more genes: "
            f"{listing([sets.names[i] for i in too_long])}. Raise it, leave them out, or, if the data lacks most of "
            "their genes, use `missing='skipped'`."
        )
        raise ValueError(msg)
    up, down = (np.where(n > 0, n * top - n * (n + 1) / 2, np.nan) for n in counts)
    return up, down


UCELL = Method(
    name="ucell",
    prepare=ucell,
    title="UCell",
    statistic="Mann-Whitney U of the set's genes among a cell's ranks, as a share of the attainable",
    reference="https://doi.org/10.1016/j.csbj.2021.06.043",
    range=(0.0, 1.0),
    weights=False,
    signs=True,
    missing="count as lowest (or skipped: `missing`)",
)
