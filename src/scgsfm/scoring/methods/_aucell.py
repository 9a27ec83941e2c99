"""AUCell."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from scgsfm._messages import check_choice

from ._method import Method
from ._weighted_sum import GeneValues, WeightedSum

if TYPE_CHECKING:
    from collections.abc import Callable

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
    r"""Compute AUCell: the area under the recovery curve of a set among the top genes of a cell.

    With :math:`r_g` the rank of gene :math:`g` in the cell (the highest value first), :math:`w_g` its weight in the set
    :math:`S`, and :math:`n_{up}` the number of top genes,

    .. math:: AUC = \frac{\sum_{g \in S} w_g \max(n_{up} - r_g, 0)}{\sum_{i=1}^{|S|} w_{(i)} \max(n_{up} - i, 0)}

    where the weights :math:`w_{(i)}` are sorted in descending order: the denominator is the largest possible area.
    Reference: Aibar et al. (2017), https://doi.org/10.1038/nmeth.4463.

    Parameters
    ----------
    rows, sets
        Cells and gene sets.
    n_up
        :math:`n_{up}`; 5 % of the genes by default.
    ties
        ``"expected"``: the mean over all orders of tied genes. ``"decoupler"``: one random order, that of decoupler 2.
    """
    check_choice("ties", ties, ("expected", "decoupler"))
    if ties == "decoupler":
        return _ordinal(rows, sets, n_up)
    top = _check_n_up(n_up, rows.n_genes)

    def gains(cells: CellBlock) -> GeneValues:
        from scgsfm.kernels import truncated_ranks

        return GeneValues(cells.indptr, cells.indices, *truncated_ranks(cells.ranks, top, ties="expected"))

    return _area(sets, rows.n_genes, gains, best_gain(sets, top))


def _ordinal(rows: BlockReader, sets: SetIndex, n_up: int | None) -> WeightedSum:
    """Break ties as decoupler 2 does: drop genes that are zero in all cells, shuffle the others with a fixed seed."""
    detected = np.flatnonzero(rows.detected())
    order = detected[np.random.default_rng(0).choice(len(detected), len(detected), replace=False)]
    top = _check_n_up(n_up, len(order))
    ranked = sets.take_genes(order)
    gains = np.arange(top - 1, 0, -1, dtype=np.float64)

    def top_gains(cells: CellBlock) -> GeneValues:
        from scgsfm.kernels import top_ranked

        genes = top_ranked(cells.ranks, cells.indices, cells.indptr, cells.shape[1], top - 1, order=order)
        indptr = np.arange(len(genes) + 1) * (top - 1)
        return GeneValues(indptr, genes.ravel(), np.tile(gains, len(genes)), np.zeros(len(genes)))

    return replace(_area(sets, len(order), top_gains, best_gain(ranked, top)), drawn_from=ranked)


def _check_n_up(n_up: int | None, n_genes: int) -> int:
    """Return ``n_up`` or its default, the same as in decoupler. Raises ValueError if it is out of range."""
    top = default_n_up(n_genes) if n_up is None else n_up
    if not 1 < top <= n_genes:
        msg = f"`n_up` is {top}, but must be above 1 and at most the number of genes ({n_genes})."
        raise ValueError(msg)
    return top


def default_n_up(n_genes: int) -> int:
    """5 % of the genes, but at least two."""
    return int(np.clip(np.ceil(0.05 * n_genes), 2, n_genes))


def best_gain(sets: SetIndex, top: int) -> np.ndarray:
    """Compute the highest possible sum of gains of each set."""
    gains = np.arange(top - 1, 0, -1, dtype=np.float64)
    best = np.full(len(sets), np.nan)
    for i, weights in enumerate(sets.weights()):
        heaviest = np.sort(weights)[::-1][: len(gains)]
        if len(heaviest):
            best[i] = heaviest @ gains[: len(heaviest)]
    return best


def _area(sets: SetIndex, n_genes: int, gains: Callable[[CellBlock], GeneValues], best: np.ndarray) -> WeightedSum:
    """Return the scorer: sums of gains as a fraction of their maximum."""

    def fraction(gained: np.ndarray, _cells: CellBlock) -> np.ndarray:
        gained /= best
        # rounding errors of sums that cancel may exceed the range
        return np.clip(gained, 0, 1, out=gained)

    return WeightedSum(sets, n_genes, gains, fraction, lambda _: (1 / best, np.zeros(1)))


AUCELL = Method(
    name="aucell",
    prepare=aucell,
    title="AUCell",
    statistic="area under the recovery curve among the top 5 % of genes, as a fraction of the maximum",
    reference="https://doi.org/10.1038/nmeth.4463",
    range=(0.0, 1.0),
    weights=True,
    signs=False,
    missing_genes="skipped",
    null="same size and weights",
    task="marker sets and pathways in single cells",
    when="the default: any depth, counts or normalized values, sets of any size",
    avoid="sets of down-regulated genes (negative weights); very shallow cells with sets of a few genes: see `gsfm`; panels of a few "
    "hundred genes without raising `n_up`",
    peer='decoupler 2, bit for bit with `ties="decoupler"`; AUCell in R, up to its random order of ties',
)
