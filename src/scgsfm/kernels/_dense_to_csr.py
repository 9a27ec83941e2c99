from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray


def dense_to_csr(block: NDArray[np.floating]) -> tuple[NDArray[np.floating], NDArray[np.int32], NDArray[np.int32]]:
    """Rows of a dense matrix as the arrays of a CSR matrix: values other than zero, their columns, the rows' bounds."""
    return _dense_to_csr(np.ascontiguousarray(block))


@njit(cache=True, nogil=True)
def _dense_to_csr(block):
    indptr = np.zeros(len(block) + 1, np.int32)
    for row in range(len(block)):
        n = 0
        for value in block[row]:
            n += value != 0
        indptr[row + 1] = indptr[row] + n
    data, indices = np.empty(indptr[-1], block.dtype), np.empty(indptr[-1], np.int32)
    for row in range(len(block)):
        place = indptr[row]
        for column in range(block.shape[1]):
            if block[row, column] != 0:
                data[place], indices[place] = block[row, column], column
                place += 1
    return data, indices, indptr
