from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from functools import cache, cached_property, partial
from typing import TYPE_CHECKING

import numpy as np
from anndata.abc import CSCDataset, CSRDataset
from scipy.sparse import csc_array, csr_array, issparse

from ._csr_block import check_type, prepare, rows_of
from ._dask import check_chunks, in_order, map_chunks
from ._on_disk import StoredColumns, StoredRows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from threadpoolctl import ThreadpoolController

CELLS_IN_MEMORY = 512
CELLS_ON_DISK = 2048
DENSE_BYTES = 2**25
"""Size of a block that is read from a dense matrix on disk; a quarter of it is taken from one in memory."""


class BlockReader:
    """A matrix of cells × genes, walked in blocks of cells.

    Parameters
    ----------
    matrix
        CSR or CSC matrix, dense array, backed or lazy one of either (`h5py`, `zarr`, `anndata`'s sparse data sets,
        `dask` with dense or sparse chunks). It is never held as a whole where it isn't already. A CSC matrix on disk
        is sorted by cells in temporary files.
    genes
        Columns to keep, in this order.
    block_size
        Cells in a block.
    """

    def __init__(self, matrix: Any, *, genes: np.ndarray | None = None, block_size: int | None = None) -> None:
        check_type(matrix)
        self.matrix = matrix
        self.is_dask = hasattr(matrix, "dask")
        if self.is_dask:
            check_chunks(matrix)
        self.genes = genes
        self.n_cells = matrix.shape[0]
        self.n_genes = matrix.shape[1] if genes is None else len(genes)
        self.block_size = _default_block_size(matrix) if block_size is None else int(block_size)
        if self.block_size < 1:
            msg = f"`block_size` is {block_size}, but must be at least 1."
            raise ValueError(msg)

    def __iter__(self) -> Iterator[tuple[int, csr_array]]:
        """The number of each block's first cell, and the block, ready for the kernels."""
        if self.is_dask:
            for i in range(self.matrix.numblocks[0]):
                offset = sum(self.matrix.chunks[0][:i])
                for start, block in in_order(self.map_lazily(_itself, of=self.matrix.blocks[i])):
                    yield offset + start, block
        else:
            for start, block in self.read():
                yield start, self.prepare(block)

    def map(self, function: Callable[[csr_array], Any], *, first: int = 0) -> Iterator[tuple[int, Any]]:
        """The number of each block's first cell, and what a function makes of the block, in the order of the cells.

        One thread reads, as many as there are cores compute (the kernels hold no GIL), and never more than two blocks
        a core are held. The blocks of a dask array go to dask's workers, and so does the function: it should hold
        nothing large, such as these rows. Cells before ``first`` are skipped.
        """
        if self.is_dask:
            for start, value in in_order(self.map_lazily(function, of=self.matrix[first:])):
                yield first + start, value
            return

        from numba import config

        n_threads = config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
        with ThreadPoolExecutor(n_threads) as pool, _blas().limit(limits=1):
            waiting: deque = deque()
            try:
                for start, block in self.read(first):
                    waiting.append((start, pool.submit(lambda block: function(self.prepare(block)), block)))
                    del block
                    if len(waiting) > n_threads:
                        start, done = waiting.popleft()
                        yield start, done.result()
                while waiting:
                    start, done = waiting.popleft()
                    yield start, done.result()
            finally:
                pool.shutdown(cancel_futures=True)

    def map_lazily(self, function: Callable[[csr_array], Any], *, of: Any = None) -> Any:
        """The same for a dask array, not yet computed; see :func:`scgsfm.scoring.engine._dask.map_chunks`."""
        matrix = self.matrix if of is None else of
        return map_chunks(matrix, function, genes=self.genes, block_size=self.block_size, name="blocks")

    def read(self, first: int = 0) -> Iterator[tuple[int, Any]]:
        """The blocks as they are stored, from cell ``first`` on. One thread must do this; others :meth:`prepare`."""
        if issparse(self.matrix) and self.matrix.format == "csc":
            rows = _columns_in_memory(self.matrix, first)
        elif isinstance(self.matrix, CSCDataset):
            rows = self._by_cells
        elif isinstance(self.matrix, CSRDataset):
            rows = StoredRows(self.matrix)
        else:
            rows = partial(rows_of, self.matrix)
        for start in range(first, self.n_cells, self.block_size):
            yield start, rows(start, min(start + self.block_size, self.n_cells))

    def prepare(self, block: Any) -> csr_array:
        """A block as CSR of floating-point numbers with sorted indices. Raises ValueError for NaN and infinity."""
        return prepare(block, self.genes)

    def detected(self) -> np.ndarray:
        """Which genes have a value other than zero in any cell."""
        detected = np.zeros(self.n_genes, bool)
        for _, found in self.map(_detected):
            detected |= found
        return detected

    @cached_property
    def _by_cells(self) -> StoredColumns:
        return StoredColumns(self.matrix)


@cache
def _blas() -> ThreadpoolController:
    """Numpy's linear algebra: threads of its own would compete with ours."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")


def _itself(block: csr_array) -> csr_array:
    return block


def _detected(block: csr_array) -> np.ndarray:
    return np.bincount(block.indices[block.data != 0], minlength=block.shape[1]) > 0


def _columns_in_memory(matrix: Any, first: int) -> Callable[[int, int], csr_array]:
    """A function that gives the rows of a CSC matrix, asked for one range after the other from ``first`` on."""
    from scgsfm.kernels import csc_rows

    matrix = csc_array(matrix)
    if not matrix.has_sorted_indices:
        matrix = matrix.sorted_indices()
    cursors, ends = matrix.indptr[:-1].copy(), matrix.indptr[1:]
    if first:
        csc_rows(matrix.data, matrix.indices, cursors, ends, 0, first)

    def rows(start: int, stop: int) -> csr_array:
        arrays = csc_rows(matrix.data, matrix.indices, cursors, ends, start, stop)
        return csr_array(arrays, shape=(stop - start, matrix.shape[1]))

    return rows


def _default_block_size(matrix: Any) -> int:
    if issparse(matrix._meta if hasattr(matrix, "dask") else matrix):
        return CELLS_IN_MEMORY
    if isinstance(matrix, CSRDataset | CSCDataset):
        return CELLS_ON_DISK
    cell = matrix.shape[1] * matrix.dtype.itemsize or 1
    in_memory = isinstance(matrix, np.ndarray)
    size = max(1, min(CELLS_ON_DISK, DENSE_BYTES // (4 if in_memory else 1) // cell))
    chunks = getattr(matrix, "chunks", None)
    if in_memory or hasattr(matrix, "dask") or not chunks:
        return size
    # whole chunks, so that none is decoded twice, unless they are very large
    chunk = chunks[0]
    if chunk <= size:
        return size - size % chunk
    return chunk if chunk * cell <= 4 * DENSE_BYTES else size
