"""The reader that walks any matrix in blocks of cells."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache, cached_property, partial
from typing import TYPE_CHECKING

import numpy as np
from anndata.abc import CSCDataset, CSRDataset
from scipy.sparse import csc_array, csr_array, issparse

from scgsfm._adata import check_indices, check_pointers
from scgsfm._messages import check_at_least
from scgsfm._progress import QUIET_SECONDS, progress

from ._csr_block import check_type, native, prepare, rows_of
from ._dask import check_chunks, in_order, map_chunks
from ._log_normalize import log_normalized
from ._on_disk import StoredColumns, StoredRows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from threadpoolctl import ThreadpoolController

CELLS_IN_MEMORY = 512
CELLS_ON_DISK = 2048
DENSE_BYTES = 2**25
"""Size of a block that is read from a dense matrix on disk. Blocks of a matrix in memory are a quarter of it."""


class BlockReader:
    """Reads a matrix of cells × genes in blocks of cells.

    Parameters
    ----------
    matrix
        CSR or CSC matrix or dense array, in memory, on disk or lazy (`h5py`, `zarr`, the sparse datasets of `anndata`,
        `dask` with dense or sparse chunks). It is never loaded as a whole. A CSC matrix on disk is sorted by cells in
        temporary files.
    genes
        Columns to keep, in this order.
    counted
        Columns that add up to the sum of a cell, by which counts are normalized; those that are kept by default.
    block_size
        Number of cells in a block.
    log_normalize
        Whether to log-normalize the cells: the values are counts, or normalized without a logarithm.
    """

    def __init__(
        self,
        matrix: Any,
        *,
        genes: np.ndarray | None = None,
        counted: np.ndarray | None = None,
        block_size: int | None = None,
        log_normalize: bool = False,
    ) -> None:
        check_type(matrix)
        self.matrix = matrix
        self.is_dask = hasattr(matrix, "dask")
        if self.is_dask:
            check_chunks(matrix)
        elif issparse(matrix) and matrix.format == "csc":
            check_indices(matrix)
        elif issparse(matrix):  # the indices are checked by blocks, in the caches of several threads
            check_pointers(matrix.indptr, min(len(matrix.indices), len(matrix.data)))
        self.genes = genes
        self.counted = counted
        self.is_log_normalizing = log_normalize
        self.n_cells = matrix.shape[0]
        self.n_genes = matrix.shape[1] if genes is None else len(genes)
        self.block_size = _default_block_size(matrix) if block_size is None else int(block_size)
        check_at_least("block_size", self.block_size, 1)

    def __iter__(self) -> Iterator[tuple[int, csr_array]]:
        """Yield the number of the first cell of each block, and the block, ready for the kernels."""
        return self._with_progress(self._blocks(), description="Reading")

    def _blocks(self) -> Iterator[tuple[int, csr_array]]:
        if self.is_dask:
            for i in range(self.matrix.numblocks[0]):
                offset = sum(self.matrix.chunks[0][:i])
                for start, block in in_order(self.map_lazily(_itself, of=self.matrix.blocks[i])):
                    yield offset + start, block
        else:
            for start, block in self.read():
                yield start, self.prepare(block)

    def map(
        self,
        function: Callable[[csr_array], Any],
        *,
        first: int = 0,
        description: str = "Reading",
        delay: float = QUIET_SECONDS,
    ) -> Iterator[tuple[int, Any]]:
        """Yield the number of the first cell of each block, and the value of a function of it, in the order of the cells.

        One thread reads, and one thread per core computes (the kernels release the GIL). At most two blocks per core are
        in memory. The blocks of a dask array, and the function, are sent to the workers of dask, so the function should
        not hold large objects such as this reader. Cells before ``first`` are skipped. After ``delay`` seconds, a bar
        shows the progress.
        """
        return self._with_progress(self._map(function, first), first=first, description=description, delay=delay)

    def _with_progress(
        self, blocks: Iterator[tuple[int, Any]], *, description: str, first: int = 0, delay: float = QUIET_SECONDS
    ) -> Iterator[tuple[int, Any]]:
        with progress(self.n_cells, unit="cells", first=first, description=description, delay=delay) as bar:
            for start, value in blocks:
                bar.update(start - bar.n)
                yield start, value
            bar.update(self.n_cells - bar.n)

    def _map(self, function: Callable[[csr_array], Any], first: int) -> Iterator[tuple[int, Any]]:
        if self.is_dask:
            for start, value in in_order(self.map_lazily(function, of=self.matrix[first:])):
                yield first + start, value
            return

        from numba import config

        n_threads = config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
        with ThreadPoolExecutor(n_threads) as pool, _blas().limit(limits=1):
            pending: deque[tuple[int, Future[Any]]] = deque()
            try:
                for start, block in self.read(first):
                    pending.append((start, pool.submit(lambda block: function(self.prepare(block)), block)))
                    del block  # else it would be held while the next one is read
                    if len(pending) > n_threads:
                        done_start, done = pending.popleft()
                        yield done_start, done.result()
                while pending:
                    done_start, done = pending.popleft()
                    yield done_start, done.result()
            finally:
                pool.shutdown(cancel_futures=True)

    def map_lazily(self, function: Callable[[csr_array], Any], *, of: Any = None) -> Any:
        """Apply a function to the blocks of a dask array lazily; see :func:`scgsfm.scoring.engine._dask.map_chunks`."""
        matrix = self.matrix if of is None else of
        if self.is_log_normalizing:
            function = partial(_of_log_normalized, function)
        return map_chunks(
            matrix, function, genes=self.genes, counted=self._is_counted, block_size=self.block_size, name="blocks"
        )

    def read(self, first: int = 0) -> Iterator[tuple[int, Any]]:
        """Yield the blocks as they are stored, from cell ``first`` on. For one thread only, unlike :meth:`prepare`."""
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

    def first_cells(self, n: int) -> Any:
        """Return the first cells of a matrix that is stored by columns on disk."""
        return self._by_cells(0, min(n, self.n_cells))

    def prepare(self, block: Any) -> csr_array:
        """Convert a block to CSR with floating-point values and sorted indices. Raises ValueError for NaN and infinity."""
        prepared = prepare(block, self.genes, self._is_counted)
        return log_normalized(prepared) if self.is_log_normalizing else prepared

    def log_normalizing(self) -> BlockReader:
        """Return a reader of the same cells that log-normalizes them."""
        return BlockReader(
            self.matrix, genes=self.genes, counted=self.counted, block_size=self.block_size, log_normalize=True
        )

    def in_blocks_of(self, n_cells: int) -> BlockReader:
        """Return a reader of the same cells in blocks of at most this number."""
        if n_cells >= self.block_size:
            return self
        return BlockReader(
            self.matrix,
            genes=self.genes,
            counted=self.counted,
            block_size=n_cells,
            log_normalize=self.is_log_normalizing,
        )

    def detected(self) -> np.ndarray:
        """Return whether each gene has a value other than zero in any cell."""
        detected = np.zeros(self.n_genes, bool)
        for _, in_block in self.map(_detected):
            detected |= in_block
        return detected

    @cached_property
    def _is_counted(self) -> np.ndarray | None:
        """1 for each column that adds to the sum of a cell, else 0; ``None`` if these are the columns that are kept."""
        n_columns = self.matrix.shape[1]
        kept = np.arange(n_columns) if self.genes is None else np.sort(self.genes)
        if self.counted is None or np.array_equal(kept, self.counted):
            return None
        is_counted = np.zeros(n_columns)
        is_counted[self.counted] = 1
        return is_counted

    @cached_property
    def _by_cells(self) -> StoredColumns:
        return StoredColumns(self.matrix)


@cache
def _blas() -> ThreadpoolController:
    """Return a controller of the BLAS library of NumPy, whose own threads would compete with those of the engine."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")


def _of_log_normalized(function: Callable[[csr_array], Any], block: csr_array) -> Any:
    return function(log_normalized(block))


def _itself(block: csr_array) -> csr_array:
    return block


def _detected(block: csr_array) -> np.ndarray:
    return np.bincount(block.indices[block.data != 0], minlength=block.shape[1]) > 0


def _columns_in_memory(matrix: Any, first: int) -> Callable[[int, int], csr_array]:
    """Return a function that returns rows of a CSC matrix, for consecutive ranges from ``first`` on."""
    from scgsfm.kernels import csc_rows

    matrix = csc_array(native(matrix))
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
    cell = int(matrix.shape[1] * matrix.dtype.itemsize) or 1
    in_memory = isinstance(matrix, np.ndarray)
    size = max(1, min(CELLS_ON_DISK, DENSE_BYTES // (4 if in_memory else 1) // cell))
    chunks = getattr(matrix, "chunks", None)
    if in_memory or hasattr(matrix, "dask") or not chunks:
        return size
    # whole chunks, so that none is decoded twice, unless they are very large
    chunk = int(chunks[0])
    if chunk <= size:
        return size - size % chunk
    return chunk if chunk * cell <= 4 * DENSE_BYTES else size
