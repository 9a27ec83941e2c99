"""Blocks of cells as CSR matrices, checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from anndata.abc import CSCDataset, CSRDataset
from scipy.sparse import csr_array, issparse

from scgsfm._adata import check_pointers, check_range

if TYPE_CHECKING:
    from typing import Any


class CountBlock(csr_array):  # type: ignore[misc]  # SciPy has no types
    """A block that knows the sum of each cell, which genes outside the block add to."""

    totals: np.ndarray | None = None
    """Sum of the values of each cell over all genes of the data; ``None`` if these are the genes of the block."""


def prepare(block: Any, genes: np.ndarray | None = None, counted: np.ndarray | None = None) -> csr_array:
    """Convert a block to CSR with floating-point values and sorted indices, optionally selecting genes in a given order.

    ``counted`` (1 for each feature that is a gene, 0 for others) makes it a :class:`CountBlock`. Raises ValueError for NaN
    and infinity.
    """
    check_type(block)
    block = native(block)
    if block.dtype not in (np.float32, np.float64):
        block = block.astype(np.float64)
    block = _checked(block) if issparse(block) else _sparse(block)
    totals = None if counted is None else block @ counted
    if genes is not None:
        block = block[:, genes]
    if not block.has_canonical_format:
        block = block.copy()  # it may share the user's arrays
        block.sum_duplicates()
    if block.indices.dtype != np.int32:  # one type, so that kernels are compiled once
        arrays = block.data, block.indices.astype(np.int32), block.indptr.astype(np.int32)
        block = csr_array(arrays, shape=block.shape)
    with np.errstate(all="ignore"):  # one sum finds NaN and infinity without an array of booleans
        finite = np.isfinite(block.data.sum())
    if not finite:
        _check_finite(block)
    if totals is not None:
        block = CountBlock((block.data, block.indices, block.indptr), shape=block.shape)
        block.totals = totals
    return block


def _checked(block: Any) -> csr_array:
    """Convert a sparse block whose indices are within its shape, which neither SciPy nor the kernels check."""
    block = csr_array(block)
    check_pointers(block.indptr, min(len(block.indices), len(block.data)))
    if block.has_canonical_format:  # rows are sorted: their first and last index are the smallest and the largest
        filled = np.flatnonzero(np.diff(block.indptr))
        check_range(block.indices[block.indptr[filled]], block.shape[1])
        check_range(block.indices[block.indptr[filled + 1] - 1], block.shape[1])
    else:
        check_range(block.indices, block.shape[1])
    return block


def native(block: Any) -> Any:
    """Return a block in the byte order of the machine, which SciPy and the kernels need."""
    if not issparse(block):
        return block if block.dtype.isnative else block.astype(block.dtype.newbyteorder("="))
    arrays = block.data, block.indices, block.indptr
    if all(array.dtype.isnative for array in arrays):
        return block
    arrays = tuple(array.astype(array.dtype.newbyteorder("="), copy=False) for array in arrays)
    return type(block)(arrays, shape=block.shape)


def _sparse(block: np.ndarray) -> csr_array:
    """Convert a dense block."""
    from scgsfm.kernels import dense_to_csr

    return csr_array(dense_to_csr(block), shape=block.shape)


def rows_of(matrix: Any, start: int, stop: int) -> Any:
    """Return rows of a CSR matrix or a dense array, without a copy where possible."""
    if not issparse(matrix):
        return matrix[start:stop]
    first, last = matrix.indptr[start], matrix.indptr[stop]
    arrays = matrix.data[first:last], matrix.indices[first:last], matrix.indptr[start : stop + 1] - first
    return csr_array(arrays, shape=(stop - start, matrix.shape[1]))


def check_type(matrix: Any) -> None:
    """Raise TypeError unless the matrix can be read by rows. For dask arrays, the type of the chunks counts."""
    matrix = matrix._meta if hasattr(matrix, "dask") else matrix
    library = type(matrix).__module__.partition(".")[0]
    if library in {"cupy", "cupyx"}:
        msg = (
            f"The matrix is a {type(matrix).__name__} on a GPU, but scores are computed on the CPU. "
            "Move it there first: `rapids_singlecell.get.anndata_to_CPU(adata)`, or `matrix.get()`."
        )
        raise TypeError(msg)
    is_supported = isinstance(matrix, np.ndarray | CSRDataset | CSCDataset) or library in {"h5py", "zarr"}
    if not is_supported and not (issparse(matrix) and matrix.format in {"csr", "csc"}):
        msg = (
            f"The matrix is a {type(matrix).__module__}.{type(matrix).__name__}, but must be a CSR or CSC matrix, "
            "a dense array, or a backed or dask array of these."
        )
        raise TypeError(msg)


def _check_finite(block: csr_array) -> None:
    """Count NaN and infinity: the sum of very large numbers is infinite although all of them are finite."""
    n_nan, n_inf = int(np.isnan(block.data).sum()), int(np.isinf(block.data).sum())
    if n_nan or n_inf:
        msg = (
            f"The matrix holds {n_nan} NaN and {n_inf} infinite values in a block of {block.shape[0]} cells. "
            "Replace them (with 0: `np.nan_to_num`) or remove these cells."
        )
        raise ValueError(msg)
