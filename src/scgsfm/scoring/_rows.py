from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from anndata.abc import CSCDataset, CSRDataset
from scipy.sparse import csc_array, csr_array, issparse

from scgsfm._logging import logger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

CELLS_IN_MEMORY = 512
CELLS_ON_DISK = 2048
DENSE_BYTES = 2**25
"""Size of a block that is read from a dense matrix."""


class Rows:
    """A matrix of cells × genes, walked in blocks of cells.

    Parameters
    ----------
    matrix
        CSR or CSC matrix, dense array, backed or lazy one of either (`h5py`, `zarr`, `anndata`'s sparse data sets,
        `dask` with dense or sparse chunks). It is never held as a whole where it isn't already; the exception is a
        CSC matrix on disk, which can't be read by rows.
    genes
        Columns to keep, in this order.
    block_size
        Cells in a block.
    """

    def __init__(self, matrix: Any, *, genes: np.ndarray | None = None, block_size: int | None = None) -> None:
        _check_type(matrix)
        if isinstance(matrix, CSCDataset):
            logger.warning(
                "The matrix is stored by columns (CSC), so it is read into memory as a whole. "
                "To have it streamed, store it as CSR."
            )
            matrix = matrix.to_memory()
        self.matrix = matrix
        self.genes = genes
        self.n_cells = matrix.shape[0]
        self.n_genes = matrix.shape[1] if genes is None else len(genes)
        self.block_size = _default_block_size(matrix) if block_size is None else int(block_size)
        if self.block_size < 1:
            msg = f"`block_size` is {block_size}, but must be at least 1."
            raise ValueError(msg)

    def __iter__(self) -> Iterator[tuple[int, csr_array]]:
        """The number of each block's first cell, and the block, ready for the kernels."""
        for start, block in self.read():
            yield start, self.prepare(block)

    def read(self) -> Iterator[tuple[int, Any]]:
        """The blocks as they are stored. One thread must do this; others may :meth:`prepare` what it read."""
        if issparse(self.matrix) and self.matrix.format == "csc":
            yield from self._read_columns()
        elif hasattr(self.matrix, "dask"):
            yield from self._read_chunks()
        else:
            for start, stop in self._bounds(0, self.n_cells):
                yield start, _slice(self.matrix, start, stop)

    def prepare(self, block: Any) -> csr_array:
        """A block as CSR of floating-point numbers with sorted indices. Raises ValueError for NaN and infinity."""
        _check_type(block)
        if block.dtype not in (np.float32, np.float64):
            block = block.astype(np.float64)
        block = csr_array(block)
        if self.genes is not None:
            block = block[:, self.genes]
        if not block.has_canonical_format:
            block = block.copy()  # it may share the user's arrays
            block.sum_duplicates()
        if block.indices.dtype != np.int32:  # one type, so that kernels are compiled once
            arrays = block.data, block.indices.astype(np.int32), block.indptr.astype(np.int32)
            block = csr_array(arrays, shape=block.shape)
        with np.errstate(all="ignore"):
            finite = np.isfinite(block.data.sum())
        if not finite:
            _check_finite(block)
        return block

    def detected(self) -> np.ndarray:
        """Which genes have a value other than zero in any cell."""
        detected = np.zeros(self.n_genes, bool)
        for _, block in self:
            detected[block.indices[block.data != 0]] = True
        return detected

    def _bounds(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        for first in range(start, stop, self.block_size):
            yield first, min(first + self.block_size, stop)

    def _read_columns(self) -> Iterator[tuple[int, csr_array]]:
        from scgsfm.kernels import rows_of_columns

        matrix = csc_array(self.matrix)
        if not matrix.has_sorted_indices:
            matrix = matrix.sorted_indices()
        cursors, ends = matrix.indptr[:-1].copy(), matrix.indptr[1:]
        for start, stop in self._bounds(0, self.n_cells):
            arrays = rows_of_columns(matrix.data, matrix.indices, cursors, ends, start, stop)
            yield start, csr_array(arrays, shape=(stop - start, matrix.shape[1]))

    def _read_chunks(self) -> Iterator[tuple[int, Any]]:
        matrix = self.matrix.rechunk({1: -1})
        offset = 0
        for i in range(matrix.numblocks[0]):
            chunk = matrix.blocks[i].compute()
            _check_type(chunk)
            chunk = chunk.tocsr() if issparse(chunk) else chunk
            for start, stop in self._bounds(0, chunk.shape[0]):
                yield offset + start, _slice(chunk, start, stop)
            offset += chunk.shape[0]


def _default_block_size(matrix: Any) -> int:
    if issparse(matrix):
        return CELLS_IN_MEMORY
    if isinstance(matrix, CSRDataset):
        return CELLS_ON_DISK
    return max(1, min(CELLS_ON_DISK, DENSE_BYTES // (matrix.shape[1] * matrix.dtype.itemsize or 1)))


def _slice(matrix: Any, start: int, stop: int) -> Any:
    """Rows of a matrix, without a copy where that is possible."""
    if not issparse(matrix):
        return matrix[start:stop]
    first, last = matrix.indptr[start], matrix.indptr[stop]
    arrays = matrix.data[first:last], matrix.indices[first:last], matrix.indptr[start : stop + 1] - first
    return csr_array(arrays, shape=(stop - start, matrix.shape[1]))


def _check_type(matrix: Any) -> None:
    library = type(matrix).__module__.partition(".")[0]
    if library in {"cupy", "cupyx"}:
        msg = (
            f"The matrix is a {type(matrix).__name__} on a GPU, but scores are computed on the CPU. "
            "Move it there first: `rapids_singlecell.get.anndata_to_CPU(adata)`, or `matrix.get()`."
        )
        raise TypeError(msg)
    known = isinstance(matrix, np.ndarray | CSRDataset | CSCDataset) or library in {"h5py", "zarr", "dask"}
    if not known and not (issparse(matrix) and matrix.format in {"csr", "csc"}):
        msg = (
            f"The matrix is a {type(matrix).__module__}.{type(matrix).__name__}, but must be a CSR or CSC matrix, "
            "a dense array, or a backed or dask array of these."
        )
        raise TypeError(msg)


def _check_finite(block: csr_array) -> None:
    """Sums of very large numbers overflow, so only a count tells."""
    n_nan, n_inf = int(np.isnan(block.data).sum()), int(np.isinf(block.data).sum())
    if n_nan or n_inf:
        msg = (
            f"The matrix holds {n_nan} NaN and {n_inf} infinite values in a block of {block.shape[0]} cells. "
            "Replace them (with 0: `np.nan_to_num`) or leave out the cells."
        )
        raise ValueError(msg)
