from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray


def scatter(
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
    # unsigned indices save the test for negative ones, a third of the time
    unsigned = (array.astype(np.uint32, copy=False) for array in (indptr, genes, set_indptr, sets))
    indptr, genes, set_indptr, sets = unsigned
    return _scatter(indptr, genes, values, zero, set_indptr, sets, weights, total)


@njit(cache=True, nogil=True)
def _scatter(indptr, genes, values, zero, set_indptr, sets, weights, total):
    out = np.empty((len(indptr) - 1, len(total)))
    for cell in range(len(out)):
        row, base = out[cell], zero[cell]
        for s in range(len(total)):
            row[s] = base * total[s]
        for i in range(indptr[cell], indptr[cell + 1]):
            value = values[i] - base
            if value != 0:
                gene = genes[i]
                for j in range(set_indptr[gene], set_indptr[gene + np.uint32(1)]):
                    row[sets[j]] += value * weights[j]
    return out
