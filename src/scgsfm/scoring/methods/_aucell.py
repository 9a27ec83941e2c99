from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from ._method import Method

if TYPE_CHECKING:
    from scgsfm.scoring._set_index import SetIndex
    from scgsfm.scoring.engine import BlockReader, CellBlock

    from ._method import Scorer


def aucell(
    rows: BlockReader,
    sets: SetIndex,
    /,
    *,
    n_up: int | None = None,
    ties: Literal["expected", "decoupler"] = "expected",
) -> Scorer:
    """Area under the recovery curve of a set among a cell's ``n_up`` highest genes.

    A gene at rank ``r`` gains ``n_up - r`` (nothing below), and a set's score is the weighted sum of its genes' gains
    over the sum that it would have with its genes in front, the heaviest first.
    """
    if ties == "decoupler":
        return _ordinal(rows, sets, n_up)
    if ties != "expected":
        msg = f"`ties` is {ties!r}, but must be 'expected' or 'decoupler'."
        raise ValueError(msg)
    top = _check_n_up(n_up, rows.n_genes)
    best = best_gain(sets, top)

    def score(cells: CellBlock) -> np.ndarray:
        from scgsfm.kernels import truncated_ranks

        gains = truncated_ranks(cells.ranks, top, ties="expected")
        return _share(sets.set_sums(cells.indptr, cells.indices, *gains), best)

    return score


def _ordinal(rows: BlockReader, sets: SetIndex, n_up: int | None) -> Scorer:
    """Break ties as decoupler 2 does: drop genes without a count, shuffle the others with a fixed seed."""
    detected = np.flatnonzero(rows.detected())
    order = detected[np.random.default_rng(0).choice(len(detected), len(detected), replace=False)]
    top = _check_n_up(n_up, len(order))
    best = best_gain(sets.take_genes(order), top)
    gains = np.arange(top - 1, 0, -1, dtype=np.float64)

    def score(cells: CellBlock) -> np.ndarray:
        from scgsfm.kernels import top_ranked

        genes = top_ranked(cells.ranks, cells.indices, cells.indptr, cells.shape[1], top - 1, order=order)
        indptr = np.arange(len(genes) + 1) * (top - 1)
        return _share(sets.set_sums(indptr, genes.ravel(), np.tile(gains, len(genes))), best)

    return score


def _check_n_up(n_up: int | None, n_genes: int) -> int:
    """Default and range of ``n_up``, the same as decoupler's."""
    top = int(np.clip(np.ceil(0.05 * n_genes), 2, n_genes)) if n_up is None else int(np.ceil(n_up))
    if not 1 < top <= n_genes:
        msg = f"`n_up` is {top}, but must be above 1 and at most the number of genes ({n_genes})."
        raise ValueError(msg)
    return top


def best_gain(sets: SetIndex, top: int) -> np.ndarray:
    """The highest sum of gains that each set can reach."""
    gains = np.arange(top - 1, 0, -1, dtype=np.float64)
    best = np.full(len(sets), np.nan)
    for i, weights in enumerate(sets.weights()):
        heaviest = np.sort(weights)[::-1][: len(gains)]
        if len(heaviest):
            best[i] = heaviest @ gains[: len(heaviest)]
    return best


def _share(gained: np.ndarray, best: np.ndarray) -> np.ndarray:
    """The share of the attainable; sums that cancel may miss the ends of the range by a rounding error."""
    gained /= best
    return np.clip(gained, 0, 1, out=gained)


AUCELL = Method(
    name="aucell",
    prepare=aucell,
    title="AUCell",
    statistic="area under the recovery curve among the highest 5 % of a cell's genes, as a share of the attainable",
    reference="https://doi.org/10.1038/nmeth.4463",
    range=(0.0, 1.0),
    weights=True,
    signs=False,
    missing="skipped",
)
