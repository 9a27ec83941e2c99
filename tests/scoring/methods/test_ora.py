from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.stats import false_discovery_control, fisher_exact

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any


def by_tables(x: np.ndarray, membership: np.ndarray, n_up: int) -> tuple[np.ndarray, np.ndarray]:
    """Log odds ratios and adjusted p-values from contingency tables."""
    scores, pvalues = np.zeros((len(x), len(membership))), np.ones((len(x), len(membership)))
    for i, cell in enumerate(x):
        least = np.sort(cell)[-n_up]
        high = (cell >= least) & (cell > 0)
        for j, row in enumerate(membership):
            table = np.array([[(high == a) & ((row > 0) == b) for b in (1, 0)] for a in (1, 0)]).sum(axis=2)
            pvalues[i, j] = fisher_exact(table, alternative="greater").pvalue
            if table.sum(axis=0).all() and table.sum(axis=1).all():
                (a, b), (c, d) = table + 0.5
                scores[i, j] = np.log(a * d / (b * c))
    return scores, false_discovery_control(pvalues, axis=1)


@pytest.mark.parametrize("n_up", [None, 1, 12, 60])
def test_equals_scipy(
    score: Callable[..., Any],
    counts: np.ndarray,
    membership: np.ndarray,
    n_up: int | None,
    array_type: Callable[..., Any],
) -> None:
    found = score("ora", array_type(counts), membership, n_up=n_up, block_size=7)
    scores, padj = by_tables(counts, membership, n_up or 3)
    np.testing.assert_allclose(found.scores, scores, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(found.padj, padj, rtol=1e-9)


def test_equals_scipy_on_many_genes(score: Callable[..., Any]) -> None:
    rng = np.random.default_rng(0)
    x = rng.poisson(rng.gamma(0.3, 1, 3000), (6, 3000)).astype(np.float32)
    membership = (rng.random((8, 3000)) < np.geomspace(0.002, 0.3, 8)[:, None]).astype(float)
    membership[5, np.argsort(-x[0])[:60]] = 1
    found = score("ora", x, membership)
    scores, padj = by_tables(x, membership, 150)
    assert padj.min() < 1e-10
    np.testing.assert_allclose(found.scores, scores, rtol=1e-10)
    np.testing.assert_allclose(found.padj, padj, rtol=1e-9)


@pytest.mark.filterwarnings("ignore::Warning:numba", "ignore::Warning:decoupler")
def test_top_genes_as_in_decoupler(
    score: Callable[..., Any], decoupler: Callable[..., Any], peer: Callable[..., ModuleType]
) -> None:
    """The highest genes are meant. decoupler takes them from 2.3 on; before, it took the ranks above ``n_up``."""
    theirs_is_right = int(peer("decoupler").__version__.split(".")[1]) >= 3
    x = np.array([[1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10]])
    sets = np.array([[0, 0, 0, 1, 1, 1, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 1, 1, 1]], dtype=float)
    ours = score("ora", x, sets, n_up=3)
    np.testing.assert_allclose(ours.scores[0], [np.log(0.5 * 4.5 / (3.5 * 3.5)), np.log(3.5 * 7.5 / (0.5 * 0.5))])
    np.testing.assert_allclose(ours.padj[0], [1, 2 / 120])
    theirs, _ = decoupler("ora", x, sets, n_up=3 if theirs_is_right else 7, n_bg=None)  # all but seven are three
    np.testing.assert_allclose(theirs, ours.scores)


def test_ties_at_the_limit_are_included(score: Callable[..., Any]) -> None:
    """Two of ten shall be high, but three share the second place."""
    x = np.array([[5.0, 2, 2, 2, 1, 1, 0, 0, 0, 0]])
    tied, next_lower = np.eye(10)[1:2], np.eye(10)[4:5]
    a = score("ora", x, tied, n_up=2)
    np.testing.assert_allclose(a.padj, 0.4)
    np.testing.assert_allclose(a.scores, np.log(1.5 * 6.5 / (0.5 * 3.5)))
    np.testing.assert_allclose(score("ora", x, next_lower, n_up=2).padj, 1)


def test_zeros_and_negative_values_are_not_top_genes(score: Callable[..., Any]) -> None:
    x = np.array([[3.0, 0, 0, -1, -2, 0], [-1.0, -1, -2, -2, -3, -3], [0.0, 0, 0, 0, 0, 0]])
    found = score("ora", x, np.eye(6), n_up=4)
    padj = np.ones((3, 6))
    np.testing.assert_allclose(found.scores[0, 0], np.log(1.5 * 5.5 / (0.5 * 0.5)))
    np.testing.assert_allclose(found.padj, padj)  # 1/6, adjusted for six sets
    np.testing.assert_array_equal(found.scores[1:], 0)


def test_degenerate_tables_score_0(score: Callable[..., Any], counts: np.ndarray) -> None:
    """A set of all genes, and a cell in which all genes are high."""
    found = score("ora", counts, np.ones((1, 60)))
    np.testing.assert_array_equal(found.scores, 0)
    np.testing.assert_array_equal(found.padj, 1)
    found = score("ora", np.ones((1, 60)), np.eye(60)[:4])
    np.testing.assert_array_equal(found.scores, 0)
    np.testing.assert_array_equal(found.padj, 1)


@pytest.mark.parametrize("n_up", [0, 61])
def test_invalid_n_up_raises(score: Callable[..., Any], counts: np.ndarray, membership: np.ndarray, n_up: int) -> None:
    with pytest.raises(ValueError, match=f"`n_up` is {n_up}"):
        score("ora", counts, membership, n_up=n_up)
