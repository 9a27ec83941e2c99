"""Conversions to CSR: rows of a CSC matrix, and rows of a dense matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._njit import njit

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
    """Return rows ``start`` to ``stop`` of a CSC matrix with sorted indices as the arrays of a CSR matrix.

    Parameters
    ----------
    data, indices
        The CSC matrix, cells × genes.
    cursors
        Position in each column at which row ``start`` begins. Moved in place to where row ``stop`` begins.
    ends
        Position at which each column ends.
    start, stop
        The range of rows.

    Returns
    -------
    ``data``, ``indices`` and ``indptr`` of the rows.
    """
    # The cursors stay where the last block ended, so that a walk over all blocks reads each value once. Slicing the CSC
    # matrix would search, or convert, all of it for each block.
    indptr = np.zeros(stop - start + 1, np.int64)
    for gene in range(len(cursors)):
        i = cursors[gene]
        while i < ends[gene] and indices[i] < stop:
            indptr[indices[i] - start + 1] += 1
            i += 1
    indptr = np.cumsum(indptr)
    position = indptr[:-1].copy()
    out = np.empty(indptr[-1], data.dtype)
    genes = np.empty(indptr[-1], np.int64)
    for gene in range(len(cursors)):
        i = cursors[gene]
        while i < ends[gene] and indices[i] < stop:
            row = indices[i] - start
            out[position[row]] = data[i]
            genes[position[row]] = gene
            position[row] += 1
            i += 1
        cursors[gene] = i
    return out, genes, indptr


def dense_to_csr(block: NDArray[np.floating]) -> tuple[NDArray[np.floating], NDArray[np.int32], NDArray[np.int32]]:
    """Return ``data``, ``indices`` and ``indptr`` of the CSR matrix that equals a dense matrix."""
    return _dense_to_csr(np.ascontiguousarray(block))


@njit(cache=True, nogil=True)
def _dense_to_csr(block: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Count the values of each row first, so that the arrays are allocated once at their final size.

    SciPy goes by way of a COO matrix with two index arrays.
    """
    indptr = np.zeros(len(block) + 1, np.int32)
    for row in range(len(block)):
        n = 0
        for value in block[row]:
            n += value != 0
        indptr[row + 1] = indptr[row] + n
    data, indices = np.empty(indptr[-1], block.dtype), np.empty(indptr[-1], np.int32)
    for row in range(len(block)):
        position = indptr[row]
        for column in range(block.shape[1]):
            if block[row, column] != 0:
                data[position], indices[position] = block[row, column], column
                position += 1
    return data, indices, indptr
