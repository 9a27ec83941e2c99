from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from scgsfm.errors import GeneSetWarning

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="module")
def values() -> np.ndarray:
    """Log-normalized counts of 23 cells × 400 genes, some of which have no count."""
    rng = np.random.default_rng(5)
    x = rng.poisson(rng.gamma(0.5, 1, 400), (23, 400)).astype(np.float64)
    x[4] = 0
    x[:, :9] = 0
    return np.log1p(100 * x / np.maximum(x.sum(axis=1, keepdims=True), 1))


@pytest.fixture(scope="module")
def membership(values: np.ndarray) -> np.ndarray:
    """Sets of 2 to 120 genes; the largest has neighbors in the order of means."""
    rng = np.random.default_rng(6)
    x = np.zeros((5, 400))
    for row, size in zip(x[:4], [2, 3, 10, 120], strict=True):
        row[rng.choice(np.arange(9, 400), size, replace=False)] = 1
    x[4, np.argsort(values.mean(axis=0))[200:260]] = 1
    return x


def oracle(x: np.ndarray, membership: np.ndarray, size: int) -> np.ndarray:
    """The definition, gene by gene: all windows of the genes outside the set, and the nearest of them."""
    means = x.mean(axis=0)
    order = sorted(range(x.shape[1]), key=lambda gene: means[gene])
    kept = order[size // 2 : len(order) - size // 2]
    scores = []
    for row in membership:
        members = set(np.flatnonzero(row))
        others = [gene for gene in order if gene not in members]
        windows = [others[start : start + size] for start in range(len(others) - size + 1)]
        of_windows = [np.mean(means[window]) for window in windows]
        differences = [
            x[:, gene] - x[:, windows[int(np.argmin(np.abs(of_windows - means[gene])))]].mean(axis=1)
            for gene in kept
            if gene in members
        ]
        scores.append(np.mean(differences, axis=0))
    return np.stack(scores, axis=1)


@pytest.mark.parametrize("size", [10, 30])
def test_equals_the_definition(
    score: Callable[..., Any], values: np.ndarray, membership: np.ndarray, array_type: Callable[..., Any], size: int
) -> None:
    found = score("ans", array_type(values), membership, ctrl_size=size, block_size=6).scores
    np.testing.assert_allclose(found, oracle(values, membership, size), atol=1e-12)


def test_default_size_is_a_tenth_of_the_genes_of_panels(
    score: Callable[..., Any], values: np.ndarray, membership: np.ndarray
) -> None:
    found = score("ans", values, membership).scores
    np.testing.assert_array_equal(found, score("ans", values, membership, ctrl_size=40).scores)
    np.testing.assert_allclose(found[4], 0, atol=1e-15)  # a cell without counts


def test_small_example(score: Callable[..., Any]) -> None:
    """The means are 1 to 8: of the set {1, 4, 8}, only the gene of mean 4 is kept; 3 and 5 are its neighbors."""
    x = np.array([[1, 2, 3, 9, 5, 6, 7, 8], [1, 2, 3, -1, 5, 6, 7, 8]], dtype=float)
    found = score("ans", x, np.array([[1, 0, 0, 1, 0, 0, 0, 1.0]]), ctrl_size=2).scores
    np.testing.assert_allclose(found[:, 0], [9 - 4, -1 - 4])


def test_genes_of_equal_means_take_the_first_window(score: Callable[..., Any]) -> None:
    """All genes have the mean 0.2, of which cumulative sums are not exact in floating point."""
    x = np.repeat([[0.1], [0.3]], 30, axis=1)
    x[:, 1:4] = x[::-1, 1:4]
    member = np.zeros((1, 30))
    member[0, 15] = 1
    found = score("ans", x, member, ctrl_size=3).scores
    np.testing.assert_allclose(found[:, 0], x[:, 15] - x[:, :3].mean(axis=1))


def test_set_of_the_highest_genes_has_no_score(score: Callable[..., Any], values: np.ndarray) -> None:
    highest = np.argsort(values.mean(axis=0))[-3:]
    membership = np.zeros((2, 400))
    membership[0, highest] = 1
    membership[1, 100:120] = 1
    with pytest.warns(GeneSetWarning, match="All genes of 'set 0' are among the 10 with the lowest or the highest"):
        found = score("ans", values, membership, ctrl_size=20).scores
    assert np.isnan(found[:, 0]).all()
    np.testing.assert_array_equal(found[:, 1:], score("ans", values, membership[1:], ctrl_size=20).scores)


def test_set_of_all_genes(score: Callable[..., Any], values: np.ndarray) -> None:
    """Without a gene outside the set there is nothing to subtract."""
    found = score("ans", values, np.ones((1, 400)), ctrl_size=2).scores[:, 0]
    inner = np.argsort(values.mean(axis=0), kind="stable")[1:-1]
    np.testing.assert_allclose(found, values[:, inner].mean(axis=1))


def test_invalid_size_raises(score: Callable[..., Any], values: np.ndarray, membership: np.ndarray) -> None:
    with pytest.raises(ValueError, match="`ctrl_size` is 0"):
        score("ans", values, membership, ctrl_size=0)
