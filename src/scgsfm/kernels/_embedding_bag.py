"""Sums over bags of table rows, and their gradients: what training a sparse first and a sampled last layer costs."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True)
def transpose(indptr: np.ndarray, indices: np.ndarray, n_columns: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Transpose a CSR pattern: ``indptr`` and rows by column, and where each entry stood."""
    start = np.zeros(n_columns + 1, np.int64)
    for column in indices:
        start[column + 1] += 1
    for column in range(n_columns):
        start[column + 1] += start[column]
    position = start[:-1].copy()
    rows = np.empty(len(indices), np.int64)
    entries = np.empty(len(indices), np.int64)
    for row in range(len(indptr) - 1):
        for entry in range(indptr[row], indptr[row + 1]):
            slot = position[indices[entry]]
            rows[slot], entries[slot] = row, entry
            position[indices[entry]] += 1
    return start, rows, entries


@numba.njit(parallel=True, fastmath=True, cache=True)
def gather_sum(indptr: np.ndarray, indices: np.ndarray, weights: np.ndarray, table: np.ndarray) -> np.ndarray:
    """``out[b] = Σ weights[e] · table[indices[e]]`` over the entries e of row b."""
    out = np.zeros((len(indptr) - 1, table.shape[1]), table.dtype)
    for row in numba.prange(len(indptr) - 1):
        for entry in range(indptr[row], indptr[row + 1]):
            source, weight = indices[entry], weights[entry]
            for k in range(table.shape[1]):
                out[row, k] += weight * table[source, k]
    return out


@numba.njit(parallel=True, fastmath=True, cache=True)
def pair_dot(indptr: np.ndarray, indices: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """``out[e] = left[b] · right[indices[e]]`` for every entry e of every row b."""
    out = np.empty(len(indices), left.dtype)
    for row in numba.prange(len(indptr) - 1):
        for entry in range(indptr[row], indptr[row + 1]):
            other = indices[entry]
            total = left.dtype.type(0)
            for k in range(left.shape[1]):
                total += left[row, k] * right[other, k]
            out[entry] = total
    return out


def scatter_sum(
    indptr: np.ndarray, indices: np.ndarray, weights: np.ndarray, rows: np.ndarray, n_columns: int
) -> np.ndarray:
    """``out[c] = Σ weights[e] · rows[b]`` over the entries e of all rows b that name column c."""
    start, row, entry = transpose(indptr, indices, n_columns)
    return gather_sum(start, row, weights[entry], rows)
