"""Moments of sums over random genes that match those of a set in their mean expression."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ._njit import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray


class GeneWindows(NamedTuple):
    """Genes in the order of their means, with a window of neighbors for each gene of a set."""

    position: np.ndarray
    """Position of each gene in the order."""
    start: np.ndarray
    """First position of the window of each entry of the sets."""
    size: int
    """Number of genes in a window."""
    set_indptr: np.ndarray
    """Entries of each set (CSR)."""
    genes: np.ndarray
    """Gene of each entry."""


class GeneSteps(NamedTuple):
    """Weights of the genes of each set that are constant between positions in the order of means."""

    position: np.ndarray
    """Position of each gene in the order."""
    set_indptr: np.ndarray
    """Steps of each set (CSR)."""
    at: np.ndarray
    """Position from which on the weight changes."""
    change: np.ndarray
    """By how much it changes; the changes of a set add up to 0."""


@njit(cache=True, nogil=True)
def step_sums(
    values: NDArray[np.float64], genes: NDArray[np.integer], indptr: NDArray[np.integer], steps: GeneSteps
) -> NDArray[np.float64]:
    """Compute sums over genes with weights that are constant between positions (cells × sets).

    A set of 50 genes with 100 control genes each has thousands of weights but at most 100 steps: with the cumulative sums
    of a cell's values in the order of the genes, a sum is that of its steps.

    Parameters
    ----------
    values, genes, indptr
        CSR arrays of the cells; genes that are not stored are zero.
    steps
        Order of the genes and weights of the sets.
    """
    position, set_indptr, at, change = steps
    n_cells, n_sets = len(indptr) - 1, len(set_indptr) - 1
    out = np.empty((n_cells, n_sets))
    # four cells at a time, so that the steps are read from memory once for all of them
    ordered, sums = np.zeros((len(position), 4)), np.zeros((len(position) + 1, 4))
    for start in range(0, n_cells, 4):
        n = min(4, n_cells - start)
        for k in range(n):
            for i in range(indptr[start + k], indptr[start + k + 1]):
                ordered[position[genes[i]], k] = values[i]
        a, b, c, d = 0.0, 0.0, 0.0, 0.0
        for i in range(len(ordered)):
            row = ordered[i]
            a, b, c, d = a + row[0], b + row[1], c + row[2], d + row[3]
            sums[i + 1, 0], sums[i + 1, 1], sums[i + 1, 2], sums[i + 1, 3] = a, b, c, d
            row[0], row[1], row[2], row[3] = 0.0, 0.0, 0.0, 0.0
        for s in range(n_sets):
            a, b, c, d = 0.0, 0.0, 0.0, 0.0
            for i in range(set_indptr[s], set_indptr[s + 1]):
                row, weight = sums[at[i]], change[i]
                a, b, c, d = a - weight * row[0], b - weight * row[1], c - weight * row[2], d - weight * row[3]
            found = (a, b, c, d)
            for k in range(n):
                out[start + k, s] = found[k]
    return out


@njit(cache=True, nogil=True)
def bin_moments(
    values: NDArray[np.float64],
    genes: NDArray[np.integer],
    indptr: NDArray[np.integer],
    bins: NDArray[np.integer],
    sizes: NDArray[np.integer],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Compute the mean, and the sums of squared and of cubed deviations from it, of each bin of genes in each cell.

    Parameters
    ----------
    values, genes, indptr
        CSR arrays of the cells; genes that are not stored are zero.
    bins
        Bin of each gene, -1 for none.
    sizes
        Number of genes in each bin.

    Returns
    -------
    Means, sums of squares and sums of cubes (cells × bins).
    """
    n_cells, n_bins = len(indptr) - 1, len(sizes)
    means, squares, cubes = np.zeros((n_cells, n_bins)), np.zeros((n_cells, n_bins)), np.zeros((n_cells, n_bins))
    n_zeros = np.empty(n_bins)
    for cell in range(n_cells):
        mean, square, cube = means[cell], squares[cell], cubes[cell]
        n_zeros[:] = sizes
        for i in range(indptr[cell], indptr[cell + 1]):
            b = bins[genes[i]]
            if b >= 0:
                mean[b] += values[i]
                n_zeros[b] -= 1
        for b in range(n_bins):
            if sizes[b] > 0:
                mean[b] /= sizes[b]
            square[b] = n_zeros[b] * mean[b] ** 2
            cube[b] = -n_zeros[b] * mean[b] ** 3
        # a second pass, since differences of sums of squares cancel where the values are nearly equal
        for i in range(indptr[cell], indptr[cell + 1]):
            b = bins[genes[i]]
            if b >= 0:
                deviation = values[i] - mean[b]
                square[b] += deviation**2
                cube[b] += deviation**3
    return means, squares, cubes


def window_moments(
    values: NDArray[np.float64], genes: NDArray[np.integer], indptr: NDArray[np.integer], windows: GeneWindows
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Compute, for each set, the sum of its genes minus its mean, the variance and the third moment of the sum.

    Each gene of the set is drawn from its own window, independently of the others, so that the moments of the genes add up.

    Parameters
    ----------
    values, genes, indptr
        CSR arrays of the cells; genes that are not stored are zero.
    windows
        Order and windows of the genes.

    Returns
    -------
    Deviations, variances and third moments (cells × sets).
    """
    shape = len(indptr) - 1, len(windows.set_indptr) - 1
    deviations, variances, cubes = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    # windows of several genes coincide, and each is computed once
    starts, window_of = np.unique(windows.start, return_inverse=True)
    _window_moments(values, genes, indptr, windows, starts, window_of.astype(np.int64), deviations, variances, cubes)
    return deviations, variances, cubes


@njit(cache=True, nogil=True)
def _window_moments(
    values: np.ndarray,
    genes: np.ndarray,
    indptr: np.ndarray,
    windows: GeneWindows,
    starts: np.ndarray,
    window_of: np.ndarray,
    deviations: np.ndarray,
    variances: np.ndarray,
    cubes: np.ndarray,
) -> None:
    """Compute :func:`window_moments` by cumulative sums over the order of the genes."""
    position, _, size, set_indptr, set_genes = windows
    n_genes, n_windows = len(position), len(starts)
    by_gene, ordered = np.zeros(n_genes), np.zeros(n_genes)
    sums = np.zeros((n_genes + 1, 3))
    moments = np.empty((n_windows, 3))
    for cell in range(len(indptr) - 1):
        for i in range(indptr[cell], indptr[cell + 1]):
            by_gene[genes[i]] = values[i]
            ordered[position[genes[i]]] = values[i]
        one, two, three = 0.0, 0.0, 0.0
        for i in range(n_genes):
            x = ordered[i]
            if x != 0:
                one += x
                two += x * x
                three += x * x * x
            sums[i + 1, 0], sums[i + 1, 1], sums[i + 1, 2] = one, two, three
        for w in range(n_windows):
            first, last = sums[starts[w]], sums[starts[w] + size]
            mean, square, cube = (last[0] - first[0]) / size, (last[1] - first[1]) / size, (last[2] - first[2]) / size
            variance = square - mean * mean
            varies = variance > 1e-10 * square  # else rounding errors of cumulative sums
            moments[w, 0] = mean
            moments[w, 1] = variance if varies else 0.0
            moments[w, 2] = cube - 3 * mean * square + 2 * mean * mean * mean if varies else 0.0
        for s in range(len(set_indptr) - 1):
            deviation, variance, third = 0.0, 0.0, 0.0
            for i in range(set_indptr[s], set_indptr[s + 1]):
                w = window_of[i]
                deviation += by_gene[set_genes[i]] - moments[w, 0]
                variance += moments[w, 1]
                third += moments[w, 2]
            deviations[cell, s], variances[cell, s], cubes[cell, s] = deviation, variance, third
        for i in range(indptr[cell], indptr[cell + 1]):
            by_gene[genes[i]] = 0
            ordered[position[genes[i]]] = 0
