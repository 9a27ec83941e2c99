from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import sparse
from scipy.stats import mannwhitneyu, rankdata

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def by_ranks(x: np.ndarray, genes: np.ndarray, n_missing: int, max_rank: int) -> np.ndarray:
    """The published formula for the genes of one direction, missing genes at ``max_rank``."""
    ranks = np.minimum(rankdata(-x, axis=1)[:, genes], max_rank)
    n = ranks.shape[1] + n_missing
    total = ranks.sum(axis=1) + n_missing * max_rank
    return (n * max_rank - total) / (n * max_rank - n * (n + 1) / 2)


@pytest.mark.parametrize("n_missing", [0, 1])
@pytest.mark.parametrize("max_rank", [60, 1500, 59])
def test_formula(
    score: Callable[..., Any],
    counts: np.ndarray,
    membership: np.ndarray,
    max_rank: int,
    n_missing: int,
    array_type: Callable[..., Any],
) -> None:
    membership = membership[:-1]
    found = score("ucell", array_type(counts), membership, max_rank=max_rank, n_missing=n_missing, block_size=7).scores
    for scores, row in zip(found.T, membership, strict=True):
        expected = by_ranks(counts, row > 0, n_missing, min(max_rank, 60))
        np.testing.assert_allclose(scores, expected, rtol=1e-12, atol=1e-15)


def test_missing_genes_can_be_skipped(score: Callable[..., Any], counts: np.ndarray, membership: np.ndarray) -> None:
    found = score("ucell", counts, membership, n_missing=500, missing="skipped").scores
    np.testing.assert_array_equal(found, score("ucell", counts, membership).scores)


def test_up_and_down_genes(score: Callable[..., Any], counts: np.ndarray, membership: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    signs = membership[1:-1] * rng.choice([-1, 1], (4, 60))
    signs[1] = -abs(signs[1])
    found = score("ucell", counts, signs, max_rank=40, w_neg=0.5).scores
    for scores, row in zip(found.T, signs, strict=True):
        up = by_ranks(counts, row > 0, 0, 40) if (row > 0).any() else 0
        down = by_ranks(counts, row < 0, 0, 40) if (row < 0).any() else 0
        np.testing.assert_allclose(scores, np.maximum(up - 0.5 * down, 0), rtol=1e-12, atol=1e-12)
    assert (found[:, 1] == 0).all()


def test_equals_mann_whitney_u(score: Callable[..., Any]) -> None:
    """Without the cut, the score is U of the set against all genes, scaled to 0..1."""
    x = np.random.default_rng(0).permuted(np.tile(np.arange(1.0, 61), (4, 1)), axis=1)
    genes = np.arange(60) < 12
    u = mannwhitneyu(x[:, genes], x[:, ~genes], axis=1).statistic
    found = score("ucell", x, genes[None].astype(float), max_rank=60).scores[:, 0]
    largest = 12 * 60 - 12 * 13 / 2
    np.testing.assert_allclose(found, (u + 12 * 11 / 2) / largest, rtol=1e-12)


def test_equals_pyucell(score: Callable[..., Any], peer: Callable[..., Any]) -> None:
    pyucell = peer("pyucell")
    import pandas as pd
    from anndata import AnnData

    rng = np.random.default_rng(0)
    x = np.log1p(rng.poisson(rng.gamma(0.2, 1, 4000), (15, 4000))).astype(np.float32)
    x[3] = 0
    signs = np.zeros((5, 4000))
    for row in signs:
        row[rng.choice(4000, 30, replace=False)] = rng.choice([1, 1, -1], 30)
    adata = AnnData(sparse.csr_matrix(x), var=pd.DataFrame(index=[f"g{i}" for i in range(4000)]))
    signatures = {
        f"set {i}": [f"g{j}{'+' if row[j] > 0 else '-'}" for j in np.flatnonzero(row)] for i, row in enumerate(signs)
    }
    pyucell.compute_ucell_scores(adata, signatures, n_jobs=1)
    expected = adata.obs[[f"{name}_UCell" for name in signatures]].to_numpy()
    assert (expected > 0).any()
    np.testing.assert_allclose(score("ucell", x, signs).scores, expected, atol=1e-6)


def test_sets_longer_than_max_rank_raise(score: Callable[..., Any], counts: np.ndarray, membership: np.ndarray) -> None:
    with pytest.raises(ValueError, match="`max_rank` is 20.*'set 4', 'set 5'"):
        score("ucell", counts, membership, max_rank=20)


def test_weights_raise() -> None:
    from scgsfm.scoring import SetIndex, get_method

    membership = sparse.csr_array([[1.0, -1.0, 0.0], [2.0, 0.0, 1.0]])
    sets = SetIndex(["signs", "weights"], membership, np.array([2, 2]), np.array([1, 0]))
    with pytest.raises(ValueError, match="'ucell' can't use the weights of: 'weights'"):
        get_method("ucell").check(sets)
    with pytest.raises(ValueError, match="`expand` gives weights"):
        get_method("ucell").check(sets, completed=True)


def test_invalid_missing_raises(score: Callable[..., Any], counts: np.ndarray, membership: np.ndarray) -> None:
    with pytest.raises(ValueError, match="`missing` is 'impute'"):
        score("ucell", counts, membership, missing="impute")
