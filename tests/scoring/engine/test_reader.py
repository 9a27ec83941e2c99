from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import sparse

from scgsfm._progress import progress
from scgsfm.scoring import BlockReader
from scgsfm.scoring.engine._on_disk import StoredRows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any


@pytest.mark.parametrize("block_size", [None, 1, 5, 100])
def test_blocks_concatenate_to_the_matrix(
    counts: np.ndarray, array_type: Callable[..., Any], block_size: int | None
) -> None:
    rows = BlockReader(array_type(counts), block_size=block_size)
    blocks = list(rows)
    assert [start for start, _ in blocks] == list(np.cumsum([0, *(block.shape[0] for _, block in blocks[:-1])]))
    assert all(block.has_canonical_format and block.shape[0] <= rows.block_size for _, block in blocks)
    np.testing.assert_array_equal(sparse.vstack([block for _, block in blocks]).toarray(), counts)


def test_selects_and_orders_genes(counts: np.ndarray, array_type: Callable[..., Any]) -> None:
    genes = np.array([40, 3, 17])
    rows = BlockReader(array_type(counts), genes=genes)
    assert rows.n_genes == 3
    np.testing.assert_array_equal(sparse.vstack([block for _, block in rows]).toarray(), counts[:, genes])


@pytest.mark.parametrize("first", [0, 7])
def test_map_preserves_the_order_of_cells(counts: np.ndarray, array_type: Callable[..., Any], first: int) -> None:
    rows = BlockReader(array_type(counts), block_size=5)
    found = list(rows.map(lambda block: block.sum(axis=1), first=first))
    assert [start for start, _ in found] == list(first + np.cumsum([0, *(len(value) for _, value in found[:-1])]))
    np.testing.assert_allclose(np.concatenate([value for _, value in found]), counts[first:].sum(axis=1))


@pytest.mark.parametrize("make", [sparse.csr_array, sparse.csc_array, np.asarray])
def test_read_from_the_middle(counts: np.ndarray, make: Any) -> None:
    start, block = next(BlockReader(make(counts), block_size=6).read(9))
    assert start == 9
    np.testing.assert_array_equal(block.toarray() if sparse.issparse(block) else block, counts[9:15])


def test_csc_on_disk_in_several_batches(counts: np.ndarray, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import anndata as ad
    import h5py

    monkeypatch.setattr("scgsfm.scoring.engine._on_disk.BATCH_VALUES", 40)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with h5py.File(tmp_path / "matrix.h5", "w") as file:
        ad.io.write_elem(file, "x", sparse.csc_matrix(counts))
        rows = BlockReader(ad.io.sparse_dataset(file["x"]), block_size=4)
        for _ in range(2):  # the second walk reads the same files
            blocks = [block for _, block in rows]
            np.testing.assert_array_equal(sparse.vstack(blocks).toarray(), counts)
        n_batches = len(list(tmp_path.glob("scgsfm-*/*.data")))
    assert n_batches > 5
    del rows
    assert not list(tmp_path.glob("scgsfm-*"))


class Counting:
    """An array on disk that counts how often each of its chunks is read."""

    def __init__(self, values: np.ndarray, chunk: int) -> None:
        self.values, self.chunks, self.shape = values, (chunk,), values.shape
        self.n_reads = np.zeros(-(-len(values) // chunk), int)

    def __getitem__(self, key: slice) -> np.ndarray:
        start, stop, _ = key.indices(len(self.values))
        if stop > start:
            self.n_reads[start // self.chunks[0] : -(-stop // self.chunks[0])] += 1
        return self.values[key]


@pytest.mark.parametrize("chunk", [1, 7, 64, 10_000])
def test_each_chunk_on_disk_is_read_once(counts: np.ndarray, chunk: int) -> None:
    matrix = sparse.csr_array(counts)
    data = Counting(matrix.data, chunk)
    group = {"indptr": matrix.indptr, "data": data, "indices": Counting(matrix.indices, chunk)}
    rows = StoredRows(SimpleNamespace(shape=matrix.shape, group=group))
    blocks = [rows(start, min(start + 4, 23)) for start in range(0, 23, 4)]
    np.testing.assert_array_equal(sparse.vstack(blocks).toarray(), counts)
    assert (data.n_reads == 1).all()


@pytest.mark.parametrize(("chunk", "expected"), [(100, 400), (419, 419), (1000, 1000), (1_000_000, 419)])
def test_dense_blocks_are_whole_chunks(chunk: int, expected: int) -> None:
    class Stored:
        __module__ = "zarr"
        shape, dtype, chunks = (2_000_000, 20_000), np.dtype(np.float32), (chunk, 20_000)

    assert BlockReader(Stored()).block_size == expected


def test_sharded_zarr(counts: np.ndarray, tmp_path: Path) -> None:
    import anndata as ad

    zarr = pytest.importorskip("zarr", minversion="3")
    group = zarr.open_group(tmp_path / "matrix.zarr", mode="w", zarr_format=3)
    matrix = sparse.csr_matrix(counts)
    ad.io.write_elem(group, "x", matrix)
    for name in ("data", "indices"):
        values = getattr(matrix, name)
        array = group["x"].create_array(name, data=values, chunks=(10,), shards=(60,), overwrite=True)
        assert array.shards == (60,)
    blocks = [block for _, block in BlockReader(ad.io.sparse_dataset(group["x"]), block_size=4)]
    np.testing.assert_array_equal(sparse.vstack(blocks).toarray(), counts)


def test_dask_array_of_unknown_shape_raises(counts: np.ndarray) -> None:
    da = pytest.importorskip("dask.array")
    x = da.from_array(counts, chunks=(5, -1))
    with pytest.raises(ValueError, match="compute_chunk_sizes"):
        BlockReader(x[x[:, 0] > 0])


def test_every_pass_shows_its_progress(
    counts: np.ndarray, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bars = []

    def watched(*args: Any, **options: Any) -> Any:
        bars.append(progress(*args, **{**options, "delay": 0}))
        return bars[-1]

    monkeypatch.setattr("scgsfm.scoring.engine._reader.progress", watched)
    reader = BlockReader(counts, block_size=7)
    assert sum(block.shape[0] for _, block in reader) == len(counts)
    assert len(list(reader.map(lambda block: block.shape[0], first=7, description="Testing"))) > 1
    assert [bar.n for bar in bars] == [len(counts)] * 2
    shown = capsys.readouterr().err
    assert "Reading: 100%" in shown
    assert "Testing: 100%" in shown


def test_detected(counts: np.ndarray, array_type: Callable[..., Any]) -> None:
    np.testing.assert_array_equal(BlockReader(array_type(counts)).detected(), (counts != 0).any(axis=0))


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.uint8, bool])
def test_integers_and_booleans_are_converted(dtype: type, array_type: Callable[..., Any]) -> None:
    x: np.ndarray = np.random.default_rng(0).integers(0, 2, (6, 10)).astype(dtype)
    blocks = [block for _, block in BlockReader(array_type(x))]
    assert all(block.dtype in (np.float32, np.float64) for block in blocks)
    np.testing.assert_array_equal(sparse.vstack(blocks).toarray(), x)


def test_half_precision() -> None:
    x = np.arange(6, dtype=np.float16).reshape(2, 3)
    np.testing.assert_array_equal(next(iter(BlockReader(x)))[1].toarray(), x)


def test_duplicate_entries_are_summed_in_a_copy() -> None:
    x = sparse.csr_array((np.array([1.0, 2.0, 4.0]), [3, 1, 3], [0, 3]), shape=(1, 5))
    (_, block), *_ = BlockReader(x)
    assert block.toarray().tolist() == [[0, 2, 0, 5, 0]]
    assert x.data.tolist() == [1, 2, 4]


def test_nan_and_infinity_raise(counts: np.ndarray, array_type: Callable[..., Any]) -> None:
    counts[2, :2] = np.nan
    counts[2, 2] = np.inf
    with pytest.raises(ValueError, match="2 NaN and 1 infinite"):
        list(BlockReader(array_type(counts)))


def test_large_finite_values_are_accepted() -> None:
    x = np.full((1, 4), np.finfo(np.float32).max, np.float32)
    assert next(iter(BlockReader(x)))[1].nnz == 4


def test_gpu_arrays_raise() -> None:
    class ndarray:  # noqa: N801 - named like that of cupy
        __module__ = "cupy"

    for matrix in (ndarray(), SimpleNamespace(_meta=ndarray(), dask={})):  # as such, or as chunks of dask
        with pytest.raises(TypeError, match="on a GPU"):
            BlockReader(matrix)


@pytest.mark.parametrize("matrix", [[[1, 2]], sparse.coo_array(np.eye(3))])
def test_unsupported_types_raise(matrix: object) -> None:
    with pytest.raises(TypeError, match="CSR or CSC"):
        BlockReader(matrix)


def test_invalid_block_size_raises(counts: np.ndarray) -> None:
    with pytest.raises(ValueError, match="block_size"):
        BlockReader(counts, block_size=0)
