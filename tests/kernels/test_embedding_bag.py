from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import sparse

from scgsfm.kernels import gather_sum, pair_dot, scatter_sum, transpose

if TYPE_CHECKING:
    from typing import Any


@pytest.fixture
def pattern() -> tuple[np.ndarray, np.ndarray]:
    """A CSR pattern of 6 rows × 9 columns with an empty row, an empty column and unsorted indices."""
    rng = np.random.default_rng(0)
    rows = [rng.permutation(8)[:n] for n in (3, 0, 8, 1, 5, 2)]
    return np.cumsum([0, *map(len, rows)]), np.concatenate(rows)


@pytest.fixture
def weights(pattern: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    return np.random.default_rng(1).normal(size=len(pattern[1])).astype(np.float32)


def dense(pattern: tuple[np.ndarray, np.ndarray], weights: np.ndarray) -> np.ndarray:
    return sparse.csr_array((weights.astype(np.float64), pattern[1], pattern[0]), shape=(6, 9)).toarray()


def normal(*shape: Any) -> np.ndarray:
    return np.random.default_rng(sum(shape)).normal(size=shape).astype(np.float32)


def test_transpose(pattern: tuple[np.ndarray, np.ndarray]) -> None:
    start, rows, entries = transpose(*pattern, 9)
    expected = sparse.csr_array((np.arange(1, len(pattern[1]) + 1), pattern[1], pattern[0]), shape=(6, 9)).tocsc()
    np.testing.assert_array_equal(start, expected.indptr)
    np.testing.assert_array_equal(rows, expected.indices)
    np.testing.assert_array_equal(entries + 1, expected.data)


def test_gather_sum(pattern: tuple[np.ndarray, np.ndarray], weights: np.ndarray) -> None:
    table = normal(9, 7)
    found = gather_sum(*pattern, weights, table)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, dense(pattern, weights) @ table, rtol=1e-5, atol=1e-6)


def test_scatter_sum(pattern: tuple[np.ndarray, np.ndarray], weights: np.ndarray) -> None:
    rows = normal(6, 7)
    found = scatter_sum(*pattern, weights, rows, 9)
    np.testing.assert_allclose(found, dense(pattern, weights).T @ rows, rtol=1e-5, atol=1e-6)
    assert not found[8].any(), "a column that no row names"


def test_pair_dot(pattern: tuple[np.ndarray, np.ndarray]) -> None:
    left, right = normal(6, 7), normal(9, 7)
    row = np.repeat(np.arange(6), np.diff(pattern[0]))
    expected = (left.astype(np.float64) @ right.T)[row, pattern[1]]
    np.testing.assert_allclose(pair_dot(*pattern, left, right), expected, rtol=1e-5, atol=1e-6)
