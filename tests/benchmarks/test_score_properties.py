from __future__ import annotations

import anndata as ad
import numpy as np
import pytest
from scipy import sparse

pytest.importorskip("torch")
score_properties = pytest.importorskip("score_properties")


def test_change_is_in_standard_deviations() -> None:
    before = np.array([[0.0, 1], [2, 1]])
    assert (
        score_properties.change(before, before + np.array([1, 0]), before.std(axis=0)) == 1
    )  # a constant set does not count


def test_explained_variance_of_groups() -> None:
    groups = np.array(["a", "a", "b", "b"])
    scores = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    assert score_properties.explained(scores, groups) == 0.5


def test_correlation_is_that_of_ranks() -> None:
    assert score_properties.correlation(np.array([1, 2, 3]), np.array([1, 8, 90])) == pytest.approx(1)
    assert np.isnan(score_properties.correlation(np.ones(3), np.arange(3)))


def test_half_of_the_cells_are_thinned() -> None:
    adata = ad.AnnData(sparse.csr_matrix(np.full((20, 50), 10.0)))
    thinned = score_properties.thinned(adata, np.random.default_rng(0))
    total = adata.X.sum(axis=1).A1
    assert thinned.sum() == 10
    assert (total[~thinned] == 500).all()
    assert np.allclose(total[thinned] / 500, 0.4, atol=0.1)
