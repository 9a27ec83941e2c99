"""Which enrichment scores random sets of genes have, and how unlikely a score is among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._gsea import DescendingOrder


def random_positions(rng: np.random.Generator, n_genes: int, size: int, times: int) -> NDArray[np.int32]:
    """Places of the genes of random sets in a list of all genes, ascending (times × size)."""
    places = _floyd(rng.random((times, size)), n_genes)
    places.sort(axis=1)
    return places


@njit(cache=True, nogil=True)
def _floyd(uniform, n_genes):
    """Floyd's algorithm: draw among the first so many places, and if the place is taken, take the last of them."""
    times, size = uniform.shape
    out = np.empty((times, size), np.int32)
    taken_by = np.full(n_genes, -1)
    for d in range(times):
        for i in range(size):
            last = n_genes - size + i
            place = int(uniform[d, i] * (last + 1))
            out[d, i] = last if taken_by[place] == d else place
            taken_by[out[d, i]] = d
    return out


def permutation_null(descent: DescendingOrder, places: NDArray[np.integer], n_genes: int) -> NDArray[np.float64]:
    """Enrichment scores of random sets, each cell's in ascending order (cells × sets).

    Parameters
    ----------
    descent
        The cells' genes in order.
    places
        Where the genes of the sets stand in the order of all genes of a cell, ascending (sets × genes).
    n_genes
        Number of all genes.
    """
    scores = _permutation_null(*descent, places, n_genes)
    scores.sort(axis=1)
    return scores


@njit(cache=True, nogil=True)
def _permutation_null(indptr, genes, sizes, starts, ends, n_positive, places, n_genes):
    out = np.zeros((len(indptr) - 1, len(places)))
    for cell in range(len(out)):
        row = slice(indptr[cell], indptr[cell + 1])
        _scores_in_cell(sizes[row], starts[row], ends[row], n_positive[cell], places, n_genes, out[cell])
    return out


@njit(cache=True, nogil=True)
def _scores_in_cell(sizes, starts, ends, n_positive, places, n_genes, out) -> None:
    """See ``_enrichment``; here a set's hits are met one after the other."""
    n_zeros = n_genes - len(sizes)
    stop = n_positive if n_positive == len(sizes) else n_genes  # nothing is gained after the last positive value
    for d in range(len(places)):
        total, n_hits = 0.0, 0
        for place in places[d]:
            if place >= stop:
                break
            n_hits += 1
            if place < n_positive:
                total += sizes[place]
            elif place >= n_positive + n_zeros:
                total += sizes[place - n_zeros]
        if total == 0:
            continue
        step = total / (n_genes - places.shape[1])
        gained, lowest, highest = 0.0, 0.0, 0.0
        for hits in range(n_hits):
            place = places[d, hits]
            if place >= n_positive:
                if place < n_positive + n_zeros:
                    continue
                place -= n_zeros
            lowest = min(lowest, gained - (starts[place] - hits) * step)
            gained += sizes[place]
            highest = max(highest, gained - (ends[place] - hits - 1) * step)
        out[d] = (highest if highest > -lowest else lowest) / total


def nes_and_pvalues(
    scores: NDArray[np.float64], null: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compare enrichment scores with those of the same sign that random sets have in the same cell.

    The score in question counts as a random one more, so that no p-value is 0 and no mean is that of nothing.

    Parameters
    ----------
    scores
        Scores of sets (cells × sets).
    null
        Scores of random sets, ascending (cells × draws).

    Returns
    -------
    Mean size of the random scores, and the share of them that are as far from zero (cells × sets).
    """
    return _nes_and_pvalues(np.ascontiguousarray(scores), null)


@njit(cache=True, nogil=True)
def _nes_and_pvalues(scores, null):
    means, shares = np.empty(scores.shape), np.empty(scores.shape)
    for cell in range(len(scores)):
        row = null[cell]
        n_negative = _n_below(row, 0.0, False)
        n_positive = len(row) - n_negative  # those without a hit, 0, are among them
        below, above = -row[:n_negative].sum(), row[n_negative:].sum()
        for s in range(scores.shape[1]):
            score = scores[cell, s]
            if score < 0:
                farther, n, total = _n_below(row, score, True), n_negative, below
            else:
                farther, n, total = len(row) - _n_below(row, score, False), n_positive, above
            means[cell, s] = (total + abs(score)) / (n + 1)
            shares[cell, s] = (farther + 1) / (n + 1)
    return means, shares


@njit(cache=True, nogil=True)
def _n_below(ascending, value, with_equal):
    """How many numbers are below ``value``, or equal to it if these count too."""
    low, high = 0, len(ascending)
    while low < high:
        middle = (low + high) // 2
        if ascending[middle] < value or (with_equal and ascending[middle] == value):
            low = middle + 1
        else:
            high = middle
    return low
