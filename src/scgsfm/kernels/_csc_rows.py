from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def csc_rows(
    data: NDArray[np.number],
    indices: NDArray[np.integer],
    cursors: NDArray[np.integer],
    ends: NDArray[np.integer],
    start: int,
    stop: int,
) -> tuple[NDArray[np.number], NDArray[np.int64], NDArray[np.int64]]:
    """Rows ``start`` to ``stop`` of a CSC matrix with sorted indices, as the arrays of a CSR matrix.

    ``cursors`` are the places in each column where row ``start`` begins; they are moved to where row ``stop``
    begins, so that walking the matrix in blocks reads each value once.
    """
    indptr = np.zeros(stop - start + 1, np.int64)
    for gene in range(len(cursors)):
        i = cursors[gene]
        while i < ends[gene] and indices[i] < stop:
            indptr[indices[i] - start + 1] += 1
            i += 1
    indptr = np.cumsum(indptr)
    place = indptr[:-1].copy()
    out = np.empty(indptr[-1], data.dtype)
    genes = np.empty(indptr[-1], np.int64)
    for gene in range(len(cursors)):
        i = cursors[gene]
        while i < ends[gene] and indices[i] < stop:
            row = indices[i] - start
            out[place[row]] = data[i]
            genes[place[row]] = gene
            place[row] += 1
            i += 1
        cursors[gene] = i
    return out, genes, indptr
