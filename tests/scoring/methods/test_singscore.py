from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.stats import rankdata

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

CELL = np.array([[0.1, 0.9, 0.4, 0.7, 0.2, 0.6]])
"""Its ranks are 1, 6, 3, 5, 2, 4."""


@pytest.mark.parametrize(
    ("genes", "params", "expected"),
    [
        # ranks 6 and 5 have the mean 5.5, which is the most of 1.5 to 5.5
        ({1: 1, 3: 1}, {}, 0.5),
        ({1: 1, 3: 1}, {"centered": False}, 1),
        # ranks 1 and 4: (2.5 - 1.5) / 4 = 0.25
        ({0: 1, 5: 1}, {}, -0.25),
        ({0: 1, 5: 1}, {"centered": False}, 0.25),
        # the same genes expected low: 1 - 0.25
        ({0: -1, 5: -1}, {}, 0.25),
        ({0: -1, 5: -1}, {"centered": False}, 0.75),
        # up: rank 5 of 1 to 6, 0.8; down: mean rank of 2, 1 and 3 is 2, the least of 2 to 5, so 1 - 0
        ({3: 1, 4: -1, 0: -1, 2: -1}, {}, 0.3 + 0.5),
        ({3: 1, 4: -1, 0: -1, 2: -1}, {"centered": False}, 1.8),
        # distances from the rounded middle 4 of the ranks 1 and 6: 3 and 2; (2.5 - 1) / (3 - 1)
        ({0: 1, 1: 1}, {"directed": False}, 0.75),
        # one of the rank 1: (3 - 0.5) / (3 - 0)
        ({0: 1}, {"directed": False}, 2.5 / 3),
    ],
)
def test_small_example(
    score: Callable[..., Any], genes: dict[int, int], params: dict[str, bool], expected: float
) -> None:
    membership = np.zeros((1, 6))
    membership[0, list(genes)] = list(genes.values())
    np.testing.assert_allclose(score("singscore", CELL, membership, **params).scores, [[expected]], rtol=1e-12)


def scaled(ranks: np.ndarray, genes: np.ndarray) -> np.ndarray:
    n, n_all = genes.sum(), ranks.shape[1]
    return (ranks[:, genes].mean(axis=1) - (n + 1) / 2) / (n_all - n) - 0.5


def test_formula(
    score: Callable[..., Any], counts: np.ndarray, membership: np.ndarray, array_type: Callable[..., Any]
) -> None:
    rng = np.random.default_rng(0)
    signs = membership * rng.choice([-1, 1], membership.shape)
    signs[3] = -abs(signs[3])
    found = score("singscore", array_type(counts), signs, block_size=7).scores
    for scores, row in zip(found.T, signs, strict=True):
        up = scaled(rankdata(counts, axis=1), row > 0) if (row > 0).any() else 0
        down = scaled(rankdata(-counts, axis=1), row < 0) if (row < 0).any() else 0
        np.testing.assert_allclose(scores, up + down, rtol=1e-10, atol=1e-12)


def test_undirected_formula(
    score: Callable[..., Any], counts: np.ndarray, membership: np.ndarray, array_type: Callable[..., Any]
) -> None:
    found = score("singscore", array_type(counts), membership, directed=False, block_size=7).scores
    distances = abs(rankdata(counts, axis=1) - 31)
    for scores, row in zip(found.T, membership, strict=True):
        half = row.sum() // 2
        expected = (distances[:, row > 0].mean(axis=1) - (half + 1) / 2) / (30 - half)
        np.testing.assert_allclose(scores, expected, rtol=1e-10, atol=1e-12)


def test_negated_values_negate_the_score(score: Callable[..., Any], counts: np.ndarray, membership: np.ndarray) -> None:
    """Zeros above negative values rank as any others."""
    found = score("singscore", -counts, membership).scores
    np.testing.assert_allclose(found, -score("singscore", counts, membership).scores, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("value", [0, 2, -1.5])
def test_constant_cell_has_middle_score(score: Callable[..., Any], membership: np.ndarray, value: float) -> None:
    x = np.full((2, 60), value)
    np.testing.assert_allclose(score("singscore", x, membership).scores, 0, atol=1e-12)
    np.testing.assert_allclose(score("singscore", x, membership, centered=False).scores, 0.5, atol=1e-12)


def test_set_of_all_genes_has_middle_score(score: Callable[..., Any], counts: np.ndarray) -> None:
    np.testing.assert_allclose(score("singscore", counts, np.ones((1, 60))).scores, 0, atol=1e-12)
    found = score("singscore", counts, np.ones((1, 60)), directed=False).scores
    assert np.isfinite(found).all()


def test_undirected_negative_weights_raise(
    score: Callable[..., Any], counts: np.ndarray, membership: np.ndarray
) -> None:
    membership[2] *= -1
    with pytest.raises(ValueError, match="`directed=False` is for.*'set 2'"):
        score("singscore", counts, membership, directed=False)
