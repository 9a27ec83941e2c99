from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scgsfm.comparison import UnitSums


@pytest.mark.parametrize("block", [1, 7, 100])
def test_means_and_variances(block: int) -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(-1, 4, 100)
    scores = 1000 + rng.normal(size=(100, 3))
    sums = UnitSums(codes, 5, 3)
    for start in range(0, 100, block):
        sums[start : start + block] = scores[start : start + block]
    grouped = pd.DataFrame(scores[codes >= 0]).groupby(codes[codes >= 0])
    np.testing.assert_allclose(sums.means[:4], grouped.mean())
    n = grouped.size().to_numpy()
    within = (grouped.var().to_numpy() * (n - 1)[:, None])[[0, 2]].sum(axis=0) / (n[[0, 2]] - 1).sum()
    np.testing.assert_allclose(sums.within(np.array([0, 2])), within)
    assert sums.n_cells.tolist() == [*n, 0]


def test_equal_scores_have_equal_means() -> None:
    scores = np.zeros((60, 2))
    scores[:20, 1] = 0.3
    sums = UnitSums(np.arange(60) // 20, 3, 2)
    for start in range(0, 60, 15):
        sums[start : start + 15] = scores[start : start + 15]
    assert (sums.means[:, 0] == 0).all()
    assert (sums.means[1:, 1] == 0).all()
    assert (sums.within(np.arange(3)) == 0).all()
