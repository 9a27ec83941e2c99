"""singscore."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scgsfm._messages import listing

from ._method import Method
from ._weighted_sum import GeneValues, WeightedSum

if TYPE_CHECKING:
    from scgsfm.scoring._set_index import SetIndex
    from scgsfm.scoring.engine import BlockReader, CellBlock

    from ._method import Scorer


def singscore(rows: BlockReader, sets: SetIndex, /, *, centered: bool = True, directed: bool = True) -> Scorer:
    r"""Compute singscore: the mean rank of a set, scaled by its minimum and maximum.

    With :math:`\bar R` the mean rank (the lowest value first) of the :math:`n` genes of the set among :math:`N` genes,

    .. math:: \frac{\bar R - \bar R_{min}}{\bar R_{max} - \bar R_{min}} = \frac{\bar R - (n + 1) / 2}{N - n}

    Genes with negative weight are ranked in the reverse order, and their score is added. Reference: Foroutan et al.
    (2018), https://doi.org/10.1186/s12859-018-2435-4.

    Parameters
    ----------
    rows, sets
        Cells and gene sets.
    centered
        Whether to subtract 0.5.
    directed
        Whether the direction of the genes is known. If not, ranks are replaced by their distances from the middle rank,
        and scores are not centered.
    """
    n, n_down = rows.n_genes, (sets.membership < 0).sum(axis=1)
    if not directed:
        _refuse_down(sets, n_down)
        return _undirected(n, sets)
    n_sides = np.stack([sets.n_found - n_down, n_down])
    signs = np.sign(sets.membership.data)
    set_of = np.repeat(np.arange(len(sets)), sets.n_found)
    scaled = sets.reweighted(signs / (n_sides * _span(n, n_sides))[(signs < 0).astype(int), set_of])
    # the middle rank lies halfway between the extremes, so that ranks relative to it give the centered score
    middle = (n + 1) / 2
    offset = 0.0 if centered else 0.5 * (n_sides > 0).sum(axis=0)

    def from_middle(cells: CellBlock) -> GeneValues:
        ranks, of_zeros = cells.mean_ranks
        return GeneValues(cells.indptr, cells.indices, ranks - middle, of_zeros - middle)

    return WeightedSum(
        scaled, n, from_middle, lambda sums, _: sums + offset, lambda _: (np.ones(1), np.atleast_1d(offset))
    )


def _undirected(n: int, sets: SetIndex) -> Scorer:
    """Score by distances from the middle rank, rounded as in the authors' R package; each distance occurs twice."""
    middle, n_distances = np.ceil((n + 1) / 2), sets.n_found // 2
    least, span = (n_distances + 1) / 2, _span(np.ceil(n / 2), n_distances)

    def distances(cells: CellBlock) -> GeneValues:
        return GeneValues(cells.indptr, cells.indices, *(abs(ranks - middle) for ranks in cells.mean_ranks))

    return WeightedSum(
        sets,
        n,
        distances,
        lambda sums, _: (sums / sets.n_found - least) / span,
        lambda _: (1 / (sets.n_found * span), -least / span),
    )


def _span(n: float, n_in_set: np.ndarray) -> np.ndarray:
    """Return the difference of the highest and the lowest possible mean rank; 1 if there is only one."""
    return np.maximum(n - n_in_set, 1)


def _refuse_down(sets: SetIndex, n_down: np.ndarray) -> None:
    """Raise ValueError for sets with negative weights."""
    if n_down.any():
        names = listing([sets.names[i] for i in np.flatnonzero(n_down)])
        msg = (
            f"`directed=False` is for sets of unknown direction, but these have negative weights: {names}. "
            "Score them with `directed=True`."
        )
        raise ValueError(msg)


SINGSCORE = Method(
    name="singscore",
    prepare=singscore,
    title="singscore",
    statistic="mean rank of the genes of the set, scaled by its minimum and maximum, centered",
    reference="https://doi.org/10.1186/s12859-018-2435-4",
    range=(-1.0, 1.0),
    weights=False,
    signs=True,
    missing_genes="skipped",
    null="same size and signs",
    task="small signatures of up- and down-regulated genes",
    when="signatures with both signs, or of unknown direction (`directed=False`); bulk samples",
    avoid="sparse cells, where most genes share one rank; sets with weights",
    peer="the formula of singscore in R; ties get their mean rank, in R by default their lowest",
)
