from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from scgsfm.scoring import Rows


@pytest.mark.parametrize("block_size", [None, 1, 5, 100])
def test_blocks_are_the_matrix(counts: np.ndarray, array_type, block_size: int | None) -> None:
    rows = Rows(array_type(counts), block_size=block_size)
    blocks = list(rows)
    assert [start for start, _ in blocks] == list(np.cumsum([0, *(block.shape[0] for _, block in blocks[:-1])]))
    assert all(block.has_canonical_format and block.shape[0] <= rows.block_size for _, block in blocks)
    np.testing.assert_array_equal(sparse.vstack([block for _, block in blocks]).toarray(), counts)


def test_selects_and_orders_genes(counts: np.ndarray, array_type) -> None:
    genes = np.array([40, 3, 17])
    rows = Rows(array_type(counts), genes=genes)
    assert rows.n_genes == 3
    np.testing.assert_array_equal(sparse.vstack([block for _, block in rows]).toarray(), counts[:, genes])


def test_detected(counts: np.ndarray, array_type) -> None:
    np.testing.assert_array_equal(Rows(array_type(counts)).detected(), (counts != 0).any(axis=0))


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.uint8, bool])
def test_other_numbers(dtype: type, array_type) -> None:
    x = np.random.default_rng(0).integers(0, 2, (6, 10)).astype(dtype)
    blocks = [block for _, block in Rows(array_type(x))]
    assert all(block.dtype in (np.float32, np.float64) for block in blocks)
    np.testing.assert_array_equal(sparse.vstack(blocks).toarray(), x)


def test_half_precision() -> None:
    x = np.arange(6, dtype=np.float16).reshape(2, 3)
    np.testing.assert_array_equal(next(iter(Rows(x)))[1].toarray(), x)


def test_duplicate_entries_are_summed_in_a_copy() -> None:
    x = sparse.csr_array((np.array([1.0, 2.0, 4.0]), [3, 1, 3], [0, 3]), shape=(1, 5))
    (_, block), *_ = Rows(x)
    assert block.toarray().tolist() == [[0, 2, 0, 5, 0]]
    assert x.data.tolist() == [1, 2, 4]


def test_nan_and_infinity_are_refused(counts: np.ndarray, array_type) -> None:
    counts[2, :2] = np.nan
    counts[2, 2] = np.inf
    with pytest.raises(ValueError, match="2 NaN and 1 infinite"):
        list(Rows(array_type(counts)))


def test_large_finite_values_pass() -> None:
    x = np.full((1, 4), np.finfo(np.float32).max, np.float32)
    assert next(iter(Rows(x)))[1].nnz == 4


def test_gpu_arrays_are_refused() -> None:
    class ndarray:
        __module__ = "cupy"

    with pytest.raises(TypeError, match="on a GPU"):
        Rows(ndarray())


@pytest.mark.parametrize("matrix", [[[1, 2]], sparse.coo_array(np.eye(3))])
def test_other_types_are_refused(matrix: object) -> None:
    with pytest.raises(TypeError, match="CSR or CSC"):
        Rows(matrix)


def test_block_size_is_checked(counts: np.ndarray) -> None:
    with pytest.raises(ValueError, match="block_size"):
        Rows(counts, block_size=0)
