from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import sparse
from scipy.stats import pearson3

import scgsfm
from scgsfm.scoring import SetIndex
from scgsfm.scoring.engine import CellBlock
from scgsfm.scoring.methods._random_sets import RandomSets

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

METHODS = ("zscore", "ulm", "mlm")


@pytest.fixture(scope="module")
def values() -> np.ndarray:
    """Log-normalized cells of blood, with many zeros."""
    x = np.asarray(scgsfm.datasets.pbmc().X[:60].toarray(), np.float64)
    return np.log1p(1e4 * x / x.sum(axis=1, keepdims=True))


def random_membership(n_sets: int, size: int, n_genes: int) -> np.ndarray:
    rng = np.random.default_rng(1)
    membership = np.zeros((n_sets, n_genes))
    for row in membership:
        row[rng.choice(n_genes, size, replace=False)] = 1
    return membership


def index_of(membership: np.ndarray) -> SetIndex:
    names = [str(i) for i in range(len(membership))]
    sizes = np.count_nonzero(membership, axis=1)
    return SetIndex(names, sparse.csr_array(membership), sizes, (membership < 0).sum(axis=1))


@pytest.mark.parametrize("size", [3, 10, 60])
def test_random_sets_are_rarely_significant(score: Callable[..., Any], values: np.ndarray, size: int) -> None:
    membership = random_membership(200, size, values.shape[1])
    for method in METHODS:
        found = score(method, sparse.csr_array(values), membership)
        assert (found.padj.min(axis=1) < 0.05).mean() <= 0.1
        assumed = score(method, sparse.csr_array(values), membership, null="parametric")
        assert (assumed.padj.min(axis=1) < 0.05).mean() > (0.5 if size < 60 else 0.05)
        np.testing.assert_array_equal(found.scores, assumed.scores)


def test_markers_stay_significant(score: Callable[..., Any], values: np.ndarray) -> None:
    membership = random_membership(100, 10, values.shape[1])
    membership[0] = 0
    membership[0, np.argsort(-values.mean(axis=0))[:10]] = 1
    for method in METHODS:
        assert (score(method, values, membership).padj[:, 0] < 0.01).mean() > 0.9


def test_pvalues_are_shares_of_random_orders(counts: np.ndarray, signed: np.ndarray) -> None:
    cells, sets = counts[[0, 7]], index_of(signed[2:5])
    block = CellBlock(sparse.csr_array(cells))
    rng = np.random.default_rng(0)
    for i, cell in enumerate(cells):
        orders = np.array([rng.permutation(cell) for _ in range(20_000)])
        sums = orders @ signed[2:5].T
        center = sums.mean(axis=0)
        for threshold in np.quantile(sums, [0.01, 0.99], axis=0):
            deviations = np.tile(threshold - cell.mean() * sets.total, (2, 1))
            p = RandomSets.of(sets, len(cell)).pvalues(deviations, block)[i]
            share = np.where(threshold > center, sums >= threshold, sums <= threshold).mean(axis=0)
            np.testing.assert_allclose(p, 2 * share, rtol=0.6, atol=0.01)
            assert (p < 0.1).all()


def test_moments_are_those_of_pearson3() -> None:
    from scgsfm.kernels import random_set_pvalues

    z = np.array([[0.5, 2, 4, 8, 2, 60]])
    skewness = np.array([[0.3, 1, 2, 0.1, 5, 0.2]])
    expected = np.minimum(1, 2 * pearson3.sf(z, skewness))
    np.testing.assert_allclose(random_set_pvalues(z, skewness), expected, rtol=1e-3)
    np.testing.assert_array_equal(random_set_pvalues(-z, -skewness), random_set_pvalues(z, skewness))
    np.testing.assert_array_equal(random_set_pvalues(np.array([[0.0, np.nan]]), np.zeros((1, 2))), [[1, np.nan]])


def test_invalid_null_raises(score: Callable[..., Any], counts: np.ndarray, membership: np.ndarray) -> None:
    for method in METHODS:
        with pytest.raises(ValueError, match="`null` is 'normal'"):
            score(method, counts, membership[:3], null="normal")
