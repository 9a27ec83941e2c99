"""Permutation null of enrichment scores: scores of random gene sets, and normalized scores and p-values from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._njit import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._gsea import DescendingOrder


def random_positions(rng: np.random.Generator, n_genes: int, size: int, times: int) -> NDArray[np.int32]:
    """Draw random sets: positions of their genes in a list of all genes, ascending (times × size)."""
    positions = _floyd(rng.random((times, size)), n_genes)
    positions.sort(axis=1)
    return positions


@njit(cache=True, nogil=True)
def _floyd(uniform: np.ndarray, n_genes: int) -> np.ndarray:
    """Sample without replacement by Floyd's algorithm.

    For each gene of a set, draw from a range that grows by one. If the position is taken, take the last of the range. A
    set thus costs as many draws as it has genes; a shuffle would cost as many as there are genes in the data.
    """
    times, size = uniform.shape
    out = np.empty((times, size), np.int32)
    taken_by = np.full(n_genes, -1)
    for d in range(times):
        for i in range(size):
            last = n_genes - size + i
            position = int(uniform[d, i] * (last + 1))
            out[d, i] = last if taken_by[position] == d else position
            taken_by[out[d, i]] = d
    return out


def permutation_null(descent: DescendingOrder, positions: NDArray[np.integer], n_genes: int) -> NDArray[np.float64]:
    """Compute enrichment scores of random sets.

    Parameters
    ----------
    descent
        The sorted genes of the cells.
    positions
        Positions of the genes of the random sets in the order of all genes of a cell, ascending (sets × genes). Random
        positions, and not random genes, make the same draws serve all cells.
    n_genes
        Number of all genes.

    Returns
    -------
    Scores (cells × sets), sorted within each cell.
    """
    scores = _permutation_null(descent, positions, n_genes)
    scores.sort(axis=1)
    return scores


@njit(cache=True, nogil=True)
def _permutation_null(descent: DescendingOrder, positions: np.ndarray, n_genes: int) -> np.ndarray:
    """Compute :func:`permutation_null` before sorting."""
    indptr, _, sizes, starts, ends, n_positive = descent
    out = np.zeros((len(indptr) - 1, len(positions)))
    for cell in range(len(out)):
        row = slice(indptr[cell], indptr[cell + 1])
        _scores_in_cell(sizes[row], starts[row], ends[row], n_positive[cell], positions, n_genes, out[cell])
    return out


@njit(cache=True, nogil=True)
def _scores_in_cell(
    sizes: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
    n_positive: int,
    positions: np.ndarray,
    n_genes: int,
    out: np.ndarray,
) -> None:
    """Compute the scores of the random sets in one cell, one set after the other.

    The scores are those of ``_gsea``. Positions are sorted, so the hits of a set are visited in the order of the walk
    without an index of genes and sets.
    """
    n_zeros = n_genes - len(sizes)
    stop = (
        n_positive if n_positive == len(sizes) else n_genes
    )  # with no negative value, nothing is gained after the positive ones
    for d in range(len(positions)):
        total, n_hits = 0.0, 0
        for position in positions[d]:
            if position >= stop:
                break
            n_hits += 1
            if position < n_positive:
                total += sizes[position]
            elif position >= n_positive + n_zeros:
                total += sizes[position - n_zeros]
        if total == 0:
            continue
        step = total / (n_genes - positions.shape[1])
        gained, lowest, highest = 0.0, 0.0, 0.0
        for hits in range(n_hits):
            position = positions[d, hits]
            if position >= n_positive:
                if position < n_positive + n_zeros:
                    continue
                position -= n_zeros
            lowest = min(lowest, gained - (starts[position] - hits) * step)
            gained += sizes[position]
            highest = max(highest, gained - (ends[position] - hits - 1) * step)
        out[d] = (highest if highest > -lowest else lowest) / total


def nes_and_pvalues(
    scores: NDArray[np.float64], null: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""Compare enrichment scores with random scores of the same sign in the same cell.

    With the :math:`n` random scores of the sign of :math:`ES`, :math:`p = (1 + \#\{|ES_{random}| \ge |ES|\}) / (1 + n)`.
    The score itself counts as one more random score, so that a p-value is never 0 and a mean never empty.

    Parameters
    ----------
    scores
        Scores of sets (cells × sets).
    null
        Scores of random sets, ascending (cells × draws).

    Returns
    -------
    Mean absolute random score, by which to divide a score to normalize it (NES), and p-value (cells × sets).
    """
    return _nes_and_pvalues(np.ascontiguousarray(scores), null)


@njit(cache=True, nogil=True)
def _nes_and_pvalues(scores: np.ndarray, null: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute :func:`nes_and_pvalues` by binary search: random scores are sorted once and serve all sets of a size."""
    means, pvalues = np.empty(scores.shape), np.empty(scores.shape)
    for cell in range(len(scores)):
        row = null[cell]
        n_negative = _n_below(row, 0.0, False)
        n_positive = len(row) - n_negative  # scores of 0 (sets without a hit) count as positive
        below, above = -row[:n_negative].sum(), row[n_negative:].sum()
        for s in range(scores.shape[1]):
            score = scores[cell, s]
            if score < 0:
                farther, n, total = _n_below(row, score, True), n_negative, below
            else:
                farther, n, total = len(row) - _n_below(row, score, False), n_positive, above
            means[cell, s] = (total + abs(score)) / (n + 1)
            pvalues[cell, s] = (farther + 1) / (n + 1)
    return means, pvalues


@njit(cache=True, nogil=True)
def _n_below(ascending: np.ndarray, value: float, with_equal: bool) -> int:
    """Count the numbers below ``value`` or, with ``with_equal``, at most ``value``."""
    low, high = 0, len(ascending)
    while low < high:
        middle = (low + high) // 2
        if ascending[middle] < value or (with_equal and ascending[middle] == value):
            low = middle + 1
        else:
            high = middle
    return low
