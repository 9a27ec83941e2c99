from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import sparse
from scipy.stats import rankdata

from scgsfm.kernels import (
    descending_order,
    gsea_scores,
    nes_and_pvalues,
    permutation_null,
    random_positions,
    rank_cells,
)

if TYPE_CHECKING:
    from scgsfm.kernels._gsea import DescendingOrder

N_GENES = 50


@pytest.fixture(params=["non-negative", "negative", "no zeros", "explicit zeros"])
def cells(request: pytest.FixtureRequest) -> np.ndarray:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 5, (11, N_GENES)) * rng.normal(1, 0.001, (11, 1))
    x[2] = 0
    return {"negative": x - 2 * (x > 0), "no zeros": x + 1}.get(request.param, x).astype(np.float32)


def descent(x: np.ndarray) -> DescendingOrder:
    stored = sparse.csr_array(np.where(x == 0, 9e9, x)) if x.shape[0] % 2 else sparse.csr_array(x)
    stored.data[stored.data > 8e9] = 0
    return descending_order(
        rank_cells(stored.data, stored.indptr, x.shape[1]), stored.data, stored.indices, stored.indptr, x.shape[1]
    )


def test_descending_order(cells: np.ndarray) -> None:
    found = descent(cells)
    for i, cell in enumerate(cells):
        row = slice(found.indptr[i], found.indptr[i + 1])
        genes = found.genes[row]
        assert sorted(genes) == np.flatnonzero(cell).tolist()
        assert (np.diff(cell[genes]) <= 0).all()
        np.testing.assert_array_equal(found.sizes[row], abs(cell[genes]))
        np.testing.assert_array_equal(found.starts[row], rankdata(-cell, method="min")[genes] - 1)
        np.testing.assert_array_equal(found.ends[row], rankdata(-cell, method="max")[genes])
        assert found.n_positive[i] == (cell > 0).sum()


@pytest.mark.parametrize("size", [1, 4, 20, 49])
def test_random_sets_score_like_given_sets(cells: np.ndarray, size: int) -> None:
    """Genes that stand at the places of random sets, made a set, have the same score."""
    places = random_positions(np.random.default_rng(1), N_GENES, size, 30)
    found = permutation_null(descent(cells), places, N_GENES)
    for i, cell in enumerate(cells):
        order = np.argsort(-cell, kind="stable")
        membership = np.zeros((30, N_GENES))
        np.put_along_axis(membership, order[places], 1, axis=1)
        sets = sparse.csc_array(membership)
        scores = gsea_scores(descent(cells), sets.indptr, sets.indices, np.full(30, size), N_GENES)[i]
        np.testing.assert_allclose(found[i], np.sort(scores), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("size", [1, 3, 17, 20])
def test_random_positions_are_uniform(size: int) -> None:
    places = random_positions(np.random.default_rng(0), 20, size, 4000)
    assert places.shape == (4000, size)
    assert (np.diff(places, axis=1) > 0).all()
    counts = np.bincount(places.ravel(), minlength=20)
    expected = 4000 * size / 20
    assert (abs(counts - expected) < 5 * np.sqrt(expected)).all()
    together = (places == 0).any(axis=1) & (places == 19).any(axis=1)
    assert abs(together.mean() - size * (size - 1) / 380) < 0.04


def test_pvalues_count_scores_of_the_same_sign() -> None:
    null = np.array([[-0.5, -0.2, 0, 0.1, 0.3, 0.3, 0.8]])
    scores = np.array([[0.3, 0.9, 0, -0.2, -0.6]])
    means, shares = nes_and_pvalues(scores, null)
    np.testing.assert_allclose(shares, [[4 / 6, 1 / 6, 6 / 6, 3 / 3, 1 / 3]])
    np.testing.assert_allclose(means, [[1.8 / 6, 2.4 / 6, 1.5 / 6, 0.9 / 3, 1.3 / 3]])
