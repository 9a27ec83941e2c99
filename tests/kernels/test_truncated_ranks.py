from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from scipy import sparse

from scgsfm.kernels import rank_cells, truncated_ranks


def gains(x: np.ndarray, top: int, ties: str = "expected") -> np.ndarray:
    """The kernel's gains as a dense array."""
    matrix = sparse.csr_array(x)
    stored, zero = truncated_ranks(rank_cells(matrix.data, matrix.indptr, x.shape[1]), top, ties=ties)
    out = np.repeat(zero[:, None], x.shape[1], axis=1)
    out[matrix.nonzero()] = stored
    return out


def by_permutation(row: np.ndarray, top: int) -> np.ndarray:
    """Mean over all orders of the genes, which is the mean over all orders of ties."""
    total = np.zeros(len(row))
    orders = list(permutations(range(len(row))))
    for order in orders:
        columns = np.array(order)
        ranks = np.empty(len(row))
        ranks[columns[np.argsort(-row[columns], kind="stable")]] = np.arange(1, len(row) + 1)
        total += np.maximum(top - ranks, 0)
    return total / len(orders)


@pytest.mark.parametrize("top", [2, 3, 5, 7])
@pytest.mark.parametrize(
    "row",
    [
        [0, 0, 0, 0, 0, 0, 0],
        [3, 1, 1, 1, 0, 0, 2],
        [1, 1, 1, 1, 1, 1, 1],
        [0, -1, 0, 2, -1, 0, -3],
        [-1, -2, -2, -3, -4, -5, -6],
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equals_mean_over_orders_of_ties(row: list[int], top: int, dtype: type) -> None:
    x: np.ndarray = np.array([row], dtype=dtype)
    np.testing.assert_allclose(gains(x, top)[0], by_permutation(x[0], top), rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_distinct", [3, 200, 256, 257, 5000])
def test_few_and_many_distinct_values(n_distinct: int, dtype: type) -> None:
    """Rows with few distinct values are hashed, the others sorted; both agree with ranks by sorting."""
    from scipy.stats import rankdata

    rng = np.random.default_rng(0)
    levels = rng.normal(size=n_distinct)
    x: np.ndarray = np.where(rng.random((3, 4000)) < 0.6, rng.choice(levels, (3, 4000)), 0).astype(dtype)
    top = 1000
    first = rankdata(-x, method="min", axis=1).astype(int)
    last = rankdata(-x, method="max", axis=1).astype(int)
    gain = np.concatenate([[0], np.cumsum(np.maximum(top - np.arange(1, 4001), 0))])
    expected = (gain[last] - gain[first - 1]) / (last - first + 1)
    np.testing.assert_allclose(gains(x, top), expected, rtol=1e-12)
    average = np.maximum(top - rankdata(-x, axis=1), 0)
    np.testing.assert_allclose(gains(x, top, "average"), average, rtol=1e-12)


def test_explicit_and_negative_zeros_are_zeros() -> None:
    stored = sparse.csr_array((np.array([0.0, 2.0, -0.0, -1.0]), [0, 1, 2, 3], [0, 4]), shape=(1, 6))
    values, zero = truncated_ranks(rank_cells(stored.data, stored.indptr, 6), 4, ties="expected")
    np.testing.assert_allclose(values, [zero[0], 3, zero[0], 0])
    np.testing.assert_allclose(zero, [np.mean([2, 1, 0, 0])])
