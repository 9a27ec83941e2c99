"""Rows of sparse matrices on disk."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import csc_array, csr_array, hstack

from scgsfm._adata import check_indices, check_pointers
from scgsfm._logging import logger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from anndata.abc import CSCDataset, CSRDataset

BATCH_VALUES = 2**23
"""Values of a CSC matrix that are sorted into rows at a time."""


class StoredRows:
    """Rows of a CSR matrix on disk, read from front to back so that each chunk of the file is decoded once."""

    def __init__(self, dataset: CSRDataset) -> None:
        self.n_genes = dataset.shape[1]
        self.indptr = _pointers(dataset)
        self.data, self.indices = _ChunkedArray(dataset.group["data"]), _ChunkedArray(dataset.group["indices"])

    def __call__(self, start: int, stop: int) -> csr_array:
        indptr = self.indptr[start : stop + 1]
        span = int(indptr[0]), int(indptr[-1])
        arrays = self.data(*span), self.indices(*span), indptr - indptr[0]
        return csr_array(arrays, shape=(stop - start, self.n_genes))


class StoredColumns:
    """Rows of a CSC matrix on disk, through temporary files of the same size.

    The columns are read once, in batches. Each batch is sorted by rows in memory and written to the files. A block of
    rows is then a slice of each batch, and the slices are joined side by side.
    """

    def __init__(self, dataset: CSCDataset) -> None:
        indptr = _pointers(dataset)
        data, indices = _ChunkedArray(dataset.group["data"]), _ChunkedArray(dataset.group["indices"])
        self.folder = TemporaryDirectory(prefix="scgsfm-", ignore_cleanup_errors=True)
        logger.debug("The matrix is stored by columns (CSC); sorting it by cells in %s first.", self.folder.name)
        self.batches = []
        for first, last in _batches(indptr):
            span = int(indptr[first]), int(indptr[last])
            arrays = data(*span), indices(*span), indptr[first : last + 1] - span[0]
            columns = csc_array(arrays, shape=(dataset.shape[0], last - first))
            check_indices(columns)
            self.batches.append(_Batch.keep(columns.tocsr(), Path(self.folder.name) / str(first)))

    def __call__(self, start: int, stop: int) -> csr_array:
        return hstack([batch.rows(start, stop) for batch in self.batches], format="csr")


class _Batch(NamedTuple):
    """A CSR matrix in three binary files."""

    n_columns: int
    arrays: tuple[tuple[Path, np.dtype], ...]

    @classmethod
    def keep(cls, matrix: csr_array, path: Path) -> _Batch:
        arrays = []
        for name in ("indptr", "indices", "data"):
            array = getattr(matrix, name)
            arrays.append((path.with_suffix(f".{name}"), array.dtype))
            array.tofile(arrays[-1][0])
        return cls(matrix.shape[1], tuple(arrays))

    def rows(self, start: int, stop: int) -> csr_array:
        indptr = self._read(0, start, stop + 1)
        indices, data = (self._read(i, indptr[0], indptr[-1]) for i in (1, 2))
        return csr_array((data, indices, indptr - indptr[0]), shape=(stop - start, self.n_columns))

    def _read(self, i: int, first: int, last: int) -> np.ndarray:
        path, dtype = self.arrays[i]
        return np.fromfile(path, dtype, count=int(last - first), offset=int(first) * dtype.itemsize)


class _ChunkedArray:
    """A one-dimensional array on disk, read from front to back in whole chunks, so that none is decoded twice."""

    def __init__(self, array: Any) -> None:
        self.array = array
        self.chunk = array.chunks[0] if array.chunks else 1
        self.start = 0
        self.values = _native(array[:0])

    def __call__(self, first: int, last: int) -> np.ndarray:
        end = self.start + len(self.values)
        if not self.start <= first <= end:
            self.start = end = first
            self.values = self.values[:0]
        if last > end:
            stop = min(-(-last // self.chunk) * self.chunk, self.array.shape[0])
            self.values = np.concatenate([self.values[first - self.start :], _native(self.array[end:stop])])
            self.start = first
        values: np.ndarray = self.values[first - self.start : last - self.start]
        return values


def _pointers(dataset: CSRDataset | CSCDataset) -> np.ndarray:
    """The index pointers, checked."""
    indptr = _native(dataset.group["indptr"][:])
    n_values = {name: dataset.group[name].shape[0] for name in ("data", "indices")}
    check_pointers(indptr, min(n_values.values()))
    return indptr


def _native(array: np.ndarray) -> np.ndarray:
    """Return an array in the byte order of the machine."""
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def _batches(indptr: np.ndarray) -> Iterator[tuple[int, int]]:
    """Ranges of columns with about ``BATCH_VALUES`` values, at least one column each."""
    first, n_columns = 0, len(indptr) - 1
    while first < n_columns:
        last = int(np.searchsorted(indptr, indptr[first] + BATCH_VALUES, side="right")) - 1
        last = min(max(last, first + 1), n_columns)
        yield first, last
        first = last
