"""Embedding bags: weighted sums of table rows and their gradients, the cost of training sparse first and last layers."""

from __future__ import annotations

import numba
import numpy as np
from scipy.sparse import csr_array

from ._njit import njit


def transpose(indptr: np.ndarray, indices: np.ndarray, n_columns: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Transpose a CSR pattern.

    Returns
    -------
    ``indptr`` and row indices by column, and the position that each entry had in ``indices``.
    """
    entries = np.arange(len(indices))
    columns = csr_array((entries, indices, indptr), shape=(len(indptr) - 1, n_columns)).tocsc()
    return columns.indptr, columns.indices, columns.data


@njit(parallel=True, fastmath=True, cache=True)
def gather_sum(indptr: np.ndarray, indices: np.ndarray, weights: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Compute ``out[b] = Σ weights[e] · table[indices[e]]`` over the entries e of each row b."""
    # Each thread writes its own rows, so that no sum needs a lock and the result does not depend on the threads.
    out = np.zeros((len(indptr) - 1, table.shape[1]), table.dtype)
    for row in numba.prange(len(indptr) - 1):
        for entry in range(indptr[row], indptr[row + 1]):
            source, weight = indices[entry], weights[entry]
            for k in range(table.shape[1]):
                out[row, k] += weight * table[source, k]
    return out


@njit(parallel=True, fastmath=True, cache=True)
def pair_dot(indptr: np.ndarray, indices: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Compute ``out[e] = left[b] · right[indices[e]]`` for each entry e of each row b."""
    out = np.empty(len(indices), left.dtype)
    for row in numba.prange(len(indptr) - 1):
        for entry in range(indptr[row], indptr[row + 1]):
            column = indices[entry]
            total = left.dtype.type(0)
            for k in range(left.shape[1]):
                total += left[row, k] * right[column, k]
            out[entry] = total
    return out


def scatter_sum(
    indptr: np.ndarray, indices: np.ndarray, weights: np.ndarray, rows: np.ndarray, n_columns: int
) -> np.ndarray:
    """Compute ``out[c] = Σ weights[e] · rows[b]`` over the entries e of all rows b in column c.

    It is :func:`gather_sum` on the transpose: threads that scattered into common rows would have to wait for each
    other.
    """
    column_indptr, row_of, entry = transpose(indptr, indices, n_columns)
    return gather_sum(column_indptr, row_of, weights[entry], rows)
