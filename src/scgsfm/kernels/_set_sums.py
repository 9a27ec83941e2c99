"""Weighted sums over gene sets in each cell, the product of sparse cells and sparse sets with a dense result."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ._njit import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

MANY = 8
"""Genes in this number of sets or more are treated alike."""
_ONE = np.uint32(1)


class StoredValues(NamedTuple):
    """CSR arrays of the cells, and the value of the genes that are not stored."""

    indptr: np.ndarray
    genes: np.ndarray
    values: np.ndarray
    zero: np.ndarray


class SetsOfGenes(NamedTuple):
    """CSC arrays of the membership matrix, and what follows from them."""

    indptr: np.ndarray
    sets: np.ndarray
    weights: np.ndarray
    n_sets: np.ndarray
    """Number of sets of each gene, at most ``MANY``."""
    total: np.ndarray
    """Sum of the weights of each set."""


def set_sums(
    indptr: NDArray[np.integer],
    genes: NDArray[np.integer],
    values: NDArray[np.floating],
    zero: NDArray[np.float64],
    set_indptr: NDArray[np.integer],
    sets: NDArray[np.integer],
    weights: NDArray[np.float64],
    total: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Compute weighted sums over sets through the inverted index from genes to sets.

    Parameters
    ----------
    indptr, genes, values
        CSR arrays of the cells.
    zero
        For each cell, the value of the genes that are not stored.
    set_indptr, sets, weights
        CSC arrays of the membership matrix: the sets of each gene.
    total
        Sum of the weights of each set.

    Returns
    -------
    Sums (cells × sets).
    """
    n_sets = np.minimum(np.diff(set_indptr), MANY).astype(np.uint8)
    width = int(np.diff(indptr).max(initial=0)) + 1
    # unsigned indices save the test for negative ones; one type of values saves compiling
    indptr, genes, set_indptr, sets = (_unsigned(array) for array in (indptr, genes, set_indptr, sets))
    cells = StoredValues(indptr, genes, values.astype(np.float64, copy=False), zero)
    return _set_sums(cells, SetsOfGenes(set_indptr, sets, weights, n_sets, total), width)


def _unsigned(array: NDArray[np.integer]) -> NDArray[np.uint32]:
    """Return the indices as unsigned integers, without a copy where that is possible."""
    return array.view(np.uint32) if array.dtype == np.int32 else array.astype(np.uint32)


@njit(cache=True, nogil=True)
def _set_sums(cells: StoredValues, index: SetsOfGenes, width: int) -> np.ndarray:
    """Compute :func:`set_sums`; ``width`` is the largest number of stored values in a cell, plus one."""
    indptr, genes, values, zero = cells
    set_indptr, sets, weights, n_sets, total = index
    out = np.empty((len(indptr) - 1, len(total)))
    # The genes of a cell are sorted by their number of sets, because the CPU predicts the end of a loop that is as long
    # as the last one. A mispredicted branch for each gene costs more than the sorting does.
    sorted_genes, sorted_values = np.empty((MANY + 1, width), np.uint32), np.empty((MANY + 1, width))
    sizes = np.empty(MANY + 1, np.int64)
    for cell in range(len(out)):
        row, base = out[cell], zero[cell]
        # each sum starts as if all genes were zero, so that only genes with another value cost anything
        for s in range(len(total)):
            row[s] = base * total[s]
        sizes[:] = 0
        for i in range(indptr[cell], indptr[cell + 1]):
            n = n_sets[genes[i]]
            sorted_genes[n, sizes[n]] = genes[i]
            sorted_values[n, sizes[n]] = values[i] - base
            sizes[n] += values[i] != base
        for n in range(1, MANY + 1):
            for i in range(sizes[n]):
                gene, value = sorted_genes[n, i], sorted_values[n, i]
                start = set_indptr[gene]
                stop = start + np.uint32(n) if n < MANY else set_indptr[gene + _ONE]
                for j in range(start, stop):
                    row[sets[j]] += value * weights[j]
    return out
