from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


def enrichment_score(cell: np.ndarray, row: np.ndarray) -> float:
    """The definition, with the running sum looked at between groups of ties."""
    hits, values = row > 0, np.abs(cell)
    if not values[hits].any() or hits.all():
        return 0.0
    steps = np.where(hits, values / values[hits].sum(), -1 / (~hits).sum())
    sums = np.array([steps[cell >= level].sum() for level in np.unique(cell)])
    return sums.max() if sums.max() > -sums.min() + 1e-12 else min(sums.min(), 0.0)


@pytest.mark.parametrize("shift", [0, 1.2], ids=["non-negative", "negative"])
def test_enrichment_score(
    score: Callable[..., Any], counts: np.ndarray, membership: np.ndarray, shift: float, array_type: Callable[..., Any]
) -> None:
    x = np.where(counts == 0, 0, counts - shift)
    found = score("gsea", array_type(x), membership, statistic="es", times=1, block_size=7).scores
    expected = [[enrichment_score(cell, row) for row in membership] for cell in x]
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("kind", ["dense", "sparse", "signed"])
def test_enrichment_score_equals_decoupler(
    score: Callable[..., Any], decoupler: Callable[..., Any], membership: np.ndarray, kind: str
) -> None:
    """Where only zeros tie, as their order doesn't matter."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(12, 60)) * (1 if kind == "dense" else rng.random((12, 60)) < 0.4)
    x = abs(x) if kind == "sparse" else x
    membership = membership[:-1, x.any(axis=0)]  # decoupler fails at a set of all genes
    x = x[:, x.any(axis=0)]
    expected, _ = decoupler("gsea", x, membership, times=0)
    found = score("gsea", x, membership, statistic="es", times=1).scores
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


def test_normalized_score_is_close_to_decoupler(
    score: Callable[..., Any], decoupler: Callable[..., Any], counts: np.ndarray, membership: np.ndarray
) -> None:
    counts = counts[counts.any(axis=1)]
    counts = counts[:, counts.any(axis=0)]
    counts = counts + np.random.default_rng(0).normal(size=counts.shape)
    membership = membership[1:-1, : counts.shape[1]]
    expected, _ = decoupler("gsea", counts, membership, times=1000)
    found = score("gsea", counts, membership).scores
    np.testing.assert_allclose(found, expected, rtol=0.12)


def draw_scores(rng: np.random.Generator, cell: np.ndarray, size: int, times: int) -> np.ndarray:
    """Scores of random sets."""
    return np.array([enrichment_score(cell, rng.permutation(len(cell)) < size) for _ in range(times)])


@pytest.mark.parametrize("size", [2, 13, 30])
def test_pvalues_and_norm_equal_those_of_random_sets(score: Callable[..., Any], counts: np.ndarray, size: int) -> None:
    """Sets of 13 and 30 genes are compared with random ones of 12 and 15, and of 30."""
    rng = np.random.default_rng(0)
    cells = [counts[0], counts[1] - 1.5 * (counts[1] > 0)]
    for cell in cells:
        membership = np.zeros((1, 60))
        membership[0, rng.choice(np.argsort(-cell)[: size + 20], size, replace=False)] = 1
        found = score("gsea", cell[None], membership, times=4000)
        es = score("gsea", cell[None], membership, times=1, statistic="es").scores[0, 0]
        null = draw_scores(rng, cell, size, 1000)
        same = null[null < 0] if es < 0 else null[null >= 0]
        p = (abs(same) >= abs(es) - 1e-12).mean()
        assert abs(found.padj[0, 0] - p) < 4 * np.sqrt(p * (1 - p) / len(same)) + 0.01
        np.testing.assert_allclose(found.scores[0, 0], es / abs(same).mean(), rtol=0.06)


def test_random_sets_are_the_same_for_all_cells_and_sets(
    score: Callable[..., Any], counts: np.ndarray, membership: np.ndarray
) -> None:
    whole = score("gsea", counts, membership, times=50)
    some = score("gsea", counts[3:9], membership[2:4], times=50, block_size=2)
    np.testing.assert_array_equal(some.scores, whole.scores[3:9, 2:4])
    other = score("gsea", counts, membership, times=50, rng=1)
    assert (other.padj != whole.padj).any()
    by_es = score("gsea", counts, membership, times=50, statistic="es")
    np.testing.assert_array_equal(by_es.padj, whole.padj)


def test_pvalues_of_random_sets_are_uniform(score: Callable[..., Any]) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 300))
    membership = np.zeros((1, 300))
    membership[0, :17] = 1
    p = score("gsea", x, membership, times=200).padj  # of one set, so not adjusted
    assert p.min() > 1 / 202
    assert 0.35 < p.mean() < 0.65


def test_independent_of_the_order_of_genes(
    score: Callable[..., Any], counts: np.ndarray, membership: np.ndarray
) -> None:
    order = np.random.default_rng(0).permutation(60)
    expected = score("gsea", counts, membership, times=20)
    found = score("gsea", counts[:, order], membership[:, order], times=20)
    np.testing.assert_allclose(found.scores, expected.scores, rtol=1e-9, atol=1e-12)


def test_zero_cell_scores_0(score: Callable[..., Any], counts: np.ndarray) -> None:
    """A set of all genes, a cell without values, a set of genes that are all zero."""
    for x, membership in [(counts, np.ones((1, 60))), (counts[4:5], np.eye(60)[:3]), (counts, np.eye(60)[9:10])]:
        found = score("gsea", x, membership, times=20)
        np.testing.assert_array_equal(found.scores, 0)
        np.testing.assert_array_equal(found.padj, 1)


def test_top_set_scores_1_and_bottom_set_minus_1(score: Callable[..., Any]) -> None:
    x = np.arange(10.0)[None] - 4.5
    ends = np.repeat([[1.0], [0.0]], 3, axis=1)
    membership = np.hstack([1 - ends, np.zeros((2, 4)), ends])
    found = score("gsea", x, membership, statistic="es", times=500)
    np.testing.assert_allclose(found.scores, [[1, -1]], rtol=1e-12)
    assert (found.padj < 0.05).all()


def test_few_genes(score: Callable[..., Any]) -> None:
    found = score("gsea", np.array([[2.0, 0.0], [0.0, 1.0]]), np.array([[1.0, 0.0]]), times=5)
    np.testing.assert_allclose(found.scores > 0, [[True], [False]])


@pytest.mark.parametrize("params", [{"statistic": "p"}, {"times": 0}])
def test_invalid_parameters_raise(
    score: Callable[..., Any], counts: np.ndarray, membership: np.ndarray, params: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=f"`{next(iter(params))}` is"):
        score("gsea", counts, membership, **params)
