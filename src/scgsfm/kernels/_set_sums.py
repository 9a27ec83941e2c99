from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

MANY = 8
"""Genes of so many sets or more are treated alike."""
_ONE = np.uint32(1)


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
    """Weighted sums over sets through the inverted index gene → sets.

    Parameters
    ----------
    indptr, genes, values
        CSR arrays of the cells: genes with a value of their own.
    zero
        Value of all other genes, for each cell.
    set_indptr, sets, weights
        CSC arrays of the membership matrix: the sets of each gene.
    total
        Sum of the weights of each set.

    Returns
    -------
    Sums (cells × sets). Genes with the value ``zero`` cost nothing: the sum over them is ``zero`` times what the
    others leave of ``total``.
    """
    n_sets = np.minimum(np.diff(set_indptr), MANY).astype(np.uint8)
    width = int(np.diff(indptr).max(initial=0)) + 1
    # unsigned indices save the test for negative ones; one type of values saves compiling
    indptr, genes, set_indptr, sets = (_unsigned(array) for array in (indptr, genes, set_indptr, sets))
    values = values.astype(np.float64, copy=False)
    return _set_sums(indptr, genes, values, zero, set_indptr, sets, weights, n_sets, total, width)


def _unsigned(array: NDArray[np.integer]) -> NDArray[np.uint32]:
    return array.view(np.uint32) if array.dtype == np.int32 else array.astype(np.uint32)


@njit(cache=True, nogil=True)
def _set_sums(indptr, genes, values, zero, set_indptr, sets, weights, n_sets, total, width):
    out = np.empty((len(indptr) - 1, len(total)))
    # A cell's genes are sorted by their number of sets, as the processor foresees the end of a loop that is always as
    # long as the last one. That is worth more than the sorting costs.
    sorted_genes, sorted_values = np.empty((MANY + 1, width), np.uint32), np.empty((MANY + 1, width))
    sizes = np.empty(MANY + 1, np.int64)
    for cell in range(len(out)):
        row, base = out[cell], zero[cell]
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
