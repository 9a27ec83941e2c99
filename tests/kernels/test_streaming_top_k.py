from __future__ import annotations

import numpy as np
import pytest

from scgsfm.kernels import keep_top_k


@pytest.mark.parametrize("n", [1, 4, 30, 50])
def test_equals_sort_of_all_blocks(n: int) -> None:
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 9, (30, 6)).astype(np.float32)  # with ties
    scores[rng.random(scores.shape) < 0.1] = np.nan
    scores[:, 5] = np.nan
    scores[::2, 4] = -np.inf
    values = rng.normal(size=(*scores.shape, 2)).astype(np.float32)
    best, rows = np.full((6, n), -np.inf, np.float32), np.zeros((6, n), np.int64)
    kept = np.zeros((6, n, 2), np.float32)
    for first, last in [(0, 7), (7, 8), (8, 30)]:
        keep_top_k(scores[first:last], values[first:last], first, best, rows, kept)
    for column in range(6):
        usable = np.flatnonzero(scores[:, column] > -np.inf)
        expected = usable[np.argsort(-scores[usable, column], kind="stable")][:n]
        there = best[column] > -np.inf
        order = np.lexsort((rows[column, there], -best[column, there]))
        assert rows[column, there][order].tolist() == expected.tolist()
        np.testing.assert_array_equal(best[column, there][order], scores[expected, column])
        np.testing.assert_array_equal(kept[column, there][order], values[expected, column])
