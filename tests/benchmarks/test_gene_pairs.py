from __future__ import annotations

import gene_pairs
import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.metrics import roc_auc_score


def test_auroc_agrees_with_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    y, score = rng.integers(0, 2, 200), rng.integers(0, 20, 200).astype(float)
    assert gene_pairs.auroc(y, score) == pytest.approx(roc_auc_score(y, score))


def test_popularity_does_not_count_among_pairs_of_the_same_popularity() -> None:
    rng = np.random.default_rng(0)
    popularity = rng.normal(size=4000)
    y = (popularity + rng.normal(size=4000) > 1).astype(int)
    assert gene_pairs.auroc(y, popularity) > 0.8
    assert gene_pairs.matched_auroc(y, popularity, popularity) < 0.57


def test_cooccurrence_is_the_cosine_of_weighted_memberships() -> None:
    dense = np.array([[1, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 1.0]])
    first, second = np.array([0, 0, 1]), np.array([1, 3, 2])
    weighted = dense * np.sqrt(1 / dense.sum(axis=1, keepdims=True))
    norm = np.linalg.norm(weighted, axis=0)
    expected = (weighted.T @ weighted)[first, second] / norm[first] / norm[second]
    np.testing.assert_allclose(gene_pairs.cooccurrence(csr_array(dense), first, second, size=2), expected)
