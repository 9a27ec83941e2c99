"""Check the indices of sparse matrices, which compiled code uses without bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import issparse

if TYPE_CHECKING:
    from numpy.typing import NDArray


def check_indices(matrix: Any) -> None:
    """Raise ValueError if a CSR or CSC matrix in memory has indices or index pointers that lead outside of it."""
    if issparse(matrix) and matrix.format in {"csr", "csc"}:
        check_pointers(matrix.indptr, len(matrix.indices))
        if len(matrix.indices) != len(matrix.data):
            msg = f"it has {len(matrix.data):,} values, but {len(matrix.indices):,} indices"
            raise _damaged(msg)
        check_range(matrix.indices, matrix.shape[1 if matrix.format == "csr" else 0])


def check_pointers(indptr: NDArray[Any], n_values: int) -> None:
    """Raise ValueError unless the index pointers start at 0, never fall, and end within the values."""
    if len(indptr) == 0 or indptr[0] != 0:
        msg = f"its index pointers start at {indptr[0] if len(indptr) else 'nothing'} instead of 0"
        raise _damaged(msg)
    falls = np.flatnonzero(indptr[1:] < indptr[:-1])
    if len(falls):
        msg = f"its index pointers fall from {indptr[falls[0]]} to {indptr[falls[0] + 1]} at {falls[0]}"
        raise _damaged(msg)
    if indptr[-1] > n_values:
        msg = f"its index pointers end at {indptr[-1]}, but it has {n_values:,} values"
        raise _damaged(msg)


def check_range(indices: NDArray[Any], n: int) -> None:
    """Raise ValueError for indices below 0 or from ``n`` on."""
    if indices.size == 0:
        return
    # as unsigned numbers, negative ones are the largest: one pass instead of two
    unsigned = indices.view(indices.dtype.str.replace("i", "u")) if indices.dtype.kind == "i" else indices
    if int(unsigned.max()) >= n:
        low, high = int(indices.min()), int(indices.max())
        msg = f"it has the index {low if low < 0 else high}, but indices from 0 to {n - 1} are possible"
        raise _damaged(msg)


def _damaged(what: str) -> ValueError:
    return ValueError(f"The sparse matrix is damaged: {what}. Write the data again from their source.")
