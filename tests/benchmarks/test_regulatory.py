from __future__ import annotations

import numpy as np
import pytest
import regulatory
from scipy import sparse

from scgsfm.models.r3lm import Measured


def test_ridge() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(900, 5))
    y = x @ rng.normal(size=(5, 2)) + 3
    fold = np.repeat(np.arange(9), 100)
    measured = Measured([""] * 900, y.astype(np.float32), ["a", "b"], fold)
    for form in (x, sparse.csr_array(x)):
        assert min(regulatory.pearson(regulatory.ridge(form, measured), y[fold == 8])) > 0.999


def test_kmers_of_both_strands() -> None:
    counts = regulatory.kmers(["ACGTACGTA", "TACGTACGT", "AAAAAAAAA"]).toarray()
    np.testing.assert_array_equal(counts[0], counts[1])
    assert counts.sum(axis=1).tolist() == [3, 3, 3]
    assert counts[2].max() == 3


def test_pearson() -> None:
    assert regulatory.pearson(np.array([[0, 1], [1, 0.0]]), np.array([[2, 2], [3, 3.0]])) == pytest.approx([1, -1])


def test_other_intervals() -> None:
    intervals = [(0, 10), (50, 60), (52, 64)]
    for start, end in regulatory.other_intervals(intervals, 200, np.random.default_rng(0)):
        assert 0 <= start < end <= 200
        assert all(end <= a or start >= b for a, b in intervals)
    assert [b - a for a, b in regulatory.other_intervals(intervals, 200, np.random.default_rng(0))] == [10, 10, 12]
    assert regulatory.other_intervals([(0, 20)], 20, np.random.default_rng(0)) == [(0, 20)]
