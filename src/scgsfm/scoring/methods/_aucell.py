"""AUCell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from scgsfm._messages import check_choice

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
    best = best_gain(sets, top)

    def score(cells: CellBlock) -> np.ndarray:
        from scgsfm.kernels import truncated_ranks

        gains = truncated_ranks(cells.ranks, top, ties="expected")
        return _fraction(sets.set_sums(cells.indptr, cells.indices, *gains), best)

    return score


def _ordinal(rows: BlockReader, sets: SetIndex, n_up: int | None) -> Scorer:
    """Break ties as decoupler 2 does: drop genes that are zero in all cells, shuffle the others with a fixed seed."""
    detected = np.flatnonzero(rows.detected())
    order = detected[np.random.default_rng(0).choice(len(detected), len(detected), replace=False)]
    top = _check_n_up(n_up, len(order))
    best = best_gain(sets.take_genes(order), top)
    gains = np.arange(top - 1, 0, -1, dtype=np.float64)

    def score(cells: CellBlock) -> np.ndarray:
        from scgsfm.kernels import top_ranked

        genes = top_ranked(cells.ranks, cells.indices, cells.indptr, cells.shape[1], top - 1, order=order)
        indptr = np.arange(len(genes) + 1) * (top - 1)
        return _fraction(sets.set_sums(indptr, genes.ravel(), np.tile(gains, len(genes))), best)

    return score


def _check_n_up(n_up: int | None, n_genes: int) -> int:
    """Return ``n_up`` or its default, the same as in decoupler. Raises ValueError if it is out of range."""
    top = int(np.clip(np.ceil(0.05 * n_genes), 2, n_genes)) if n_up is None else int(np.ceil(n_up))
    if not 1 < top <= n_genes:
        msg = f"`n_up` is {top}, but must be above 1 and at most the number of genes ({n_genes})."
        raise ValueError(msg)
    return top


def best_gain(sets: SetIndex, top: int) -> np.ndarray:
    """Compute the highest possible sum of gains of each set."""
    gains = np.arange(top - 1, 0, -1, dtype=np.float64)
    best = np.full(len(sets), np.nan)
    for i, weights in enumerate(sets.weights()):
        heaviest = np.sort(weights)[::-1][: len(gains)]
        if len(heaviest):
            best[i] = heaviest @ gains[: len(heaviest)]
    return best


def _fraction(gained: np.ndarray, best: np.ndarray) -> np.ndarray:
    """Divide by the maximum, in place. Rounding errors of sums that cancel may exceed the range, so it is clipped."""
    gained /= best
    return np.clip(gained, 0, 1, out=gained)


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
    task="marker sets and pathways in single cells",
    when="the default: any depth, counts or normalized values, sets of any size",
    avoid="sets of down-regulated genes (negative weights); very shallow cells with sets of a few genes: see `gsfm`",
    peer='decoupler 2, bit for bit with `ties="decoupler"`; AUCell in R, up to its random order of ties',
)
