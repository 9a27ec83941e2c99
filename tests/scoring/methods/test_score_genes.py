from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData, read_h5ad
from scipy import sparse

import scgsfm

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(scope="module")
def counts() -> np.ndarray:
    """Log-normalized counts of 31 cells × 700 genes, so that bins hold more genes than are drawn."""
    rng = np.random.default_rng(5)
    x = rng.poisson(rng.gamma(0.5, 1, 700), (31, 700)).astype(np.float64)
    x[4] = 0
    return np.log1p(100 * x / np.maximum(x.sum(axis=1, keepdims=True), 1))


@pytest.fixture(scope="module")
def membership() -> np.ndarray:
    rng = np.random.default_rng(6)
    x = np.zeros((5, 700))
    for row, size in zip(x, [1, 3, 10, 40, 300], strict=True):
        row[rng.choice(700, size, replace=False)] = 1
    return x


@pytest.fixture
def scanpy(peer: Callable[..., Any]) -> Callable[..., np.ndarray]:
    """Scores by scanpy, which loops over the sets (cells × sets)."""
    sc = peer("scanpy")

    def score(x: Any, membership: np.ndarray, **params: Any) -> np.ndarray:
        adata = AnnData(x, var=pd.DataFrame(index=[f"g{i}" for i in range(x.shape[1])]))
        for i, row in enumerate(membership):
            sc.tl.score_genes(adata, adata.var_names[row > 0], score_name=f"set {i}", **params)
        return adata.obs.to_numpy()

    return score


@pytest.mark.parametrize("make", [sparse.csr_matrix, sparse.csc_matrix, np.asarray])
@pytest.mark.parametrize(
    "params", [{}, {"ctrl_size": 5}, {"n_bins": 7, "random_state": 3}, {"ctrl_size": 10, "ctrl_as_ref": False}]
)
def test_equals_scanpy(
    score: Callable[..., Any],
    peer: Callable[..., Any],
    scanpy: Callable[..., Any],
    counts: np.ndarray,
    membership: np.ndarray,
    make: Callable[..., Any],
    params: dict[str, Any],
) -> None:
    if params.get("ctrl_as_ref") is False:
        peer("scanpy", minversion="1.10.3")
    found = score("score_genes", make(counts), membership, block_size=7, **params).scores
    np.testing.assert_allclose(found, scanpy(make(counts), membership, **params), atol=1e-12)


def test_equals_scanpy_with_gene_pool(scanpy: Callable[..., Any], counts: np.ndarray, membership: np.ndarray) -> None:
    genes = np.array([f"g{i}" for i in range(700)])
    pool = np.random.default_rng(0).permutation(genes[membership.any(axis=0) | (np.arange(700) < 200)])
    adata = AnnData(counts, var=pd.DataFrame(index=genes))
    sets = {f"set {i}": genes[row > 0].tolist() for i, row in enumerate(membership)}
    scgsfm.tl.score(adata, sets, method="score_genes", gene_pool=pool.tolist(), ctrl_size=5)
    assert adata.uns["scgsfm"]["score_score_genes"]["params"]["gene_pool"] == pool.tolist()
    expected = scanpy(counts, membership, gene_pool=pool, ctrl_size=5)
    np.testing.assert_allclose(adata.obsm["score_score_genes"], expected, atol=1e-12)
    with pytest.raises(ValueError, match="`gene_pool` must hold the genes of all sets, but lacks some of 'set"):
        scgsfm.tl.score(adata, sets, method="score_genes", gene_pool=genes[200:].tolist())


def test_gene_pool_as_index_can_be_written(counts: np.ndarray, tmp_path: Path) -> None:
    adata = AnnData(counts, var=pd.DataFrame(index=[f"g{i}" for i in range(700)]))
    scgsfm.tl.score(adata, {"a": ["g1", "g2"]}, method="score_genes", gene_pool=adata.var_names)
    adata.write_h5ad(tmp_path / "x.h5ad")
    record = read_h5ad(tmp_path / "x.h5ad").uns["scgsfm"]["score_score_genes"]
    assert record["params"]["gene_pool"].tolist() == adata.var_names.tolist()


def test_small_example(score: Callable[..., Any]) -> None:
    """The means 2, 2, 2, 20, 20, 30 have the lowest ranks 1, 1, 1, 4, 4, 6, and so the bins 0, 0, 0, 1, 1, 2."""
    x = np.array([[1, 2, 3, 10, 20, 30], [3, 2, 1, 30, 20, 10], [2, 2, 2, 20, 20, 50.0]])
    sets = np.array([[1.0, 0, 0, 0, 0, 0], [0, 0, 1, 0, 0, 1], [0, 0, 1, 1, 0, 0]])
    found = score("score_genes", x, sets, n_bins=3).scores
    np.testing.assert_allclose(found[:, 0], x[:, 0] - x[:, [1, 2]].mean(axis=1))
    np.testing.assert_allclose(found[:, 1], x[:, [2, 5]].mean(axis=1) - x[:, [0, 1]].mean(axis=1))
    np.testing.assert_allclose(found[:, 2], x[:, [2, 3]].mean(axis=1) - x[:, [0, 1, 4]].mean(axis=1))


def test_independent_of_array_type_and_block_size(
    score: Callable[..., Any], counts: np.ndarray, membership: np.ndarray, array_type: Callable[..., Any]
) -> None:
    expected = score("score_genes", sparse.csr_matrix(counts), membership, ctrl_size=5).scores
    for block_size in (None, 1, 4):
        found = score("score_genes", array_type(counts), membership, ctrl_size=5, block_size=block_size).scores
        np.testing.assert_array_equal(found, expected)


def test_zero_cell_scores_0(score: Callable[..., Any], counts: np.ndarray, membership: np.ndarray) -> None:
    np.testing.assert_array_equal(score("score_genes", counts, membership).scores[4], 0)


def test_negative_and_integer_values(
    score: Callable[..., Any], scanpy: Callable[..., Any], membership: np.ndarray
) -> None:
    x = np.random.default_rng(0).integers(-4, 5, (9, 700))
    found = score("score_genes", x, membership, ctrl_size=5).scores
    np.testing.assert_allclose(found, scanpy(x.astype(float), membership, ctrl_size=5), atol=1e-12)


def test_few_genes(score: Callable[..., Any]) -> None:
    """With fewer genes than bins each has a bin of its own, unless means are equal."""
    x = np.array([[1.0, 1, 0], [2, 2, 0]])
    np.testing.assert_allclose(score("score_genes", x, np.array([[1.0, 0, 0]])).scores, [[0], [0]])


def test_set_without_controls_raises_by_name(score: Callable[..., Any], counts: np.ndarray) -> None:
    with pytest.raises(ValueError, match="No control genes are left for: 'set 0'"):
        score("score_genes", counts, np.ones((1, 700)))


@pytest.mark.parametrize("params", [{"ctrl_size": 0}, {"n_bins": 1}])
def test_invalid_parameters_raise(
    score: Callable[..., Any], counts: np.ndarray, membership: np.ndarray, params: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=f"`{next(iter(params))}` is"):
        score("score_genes", counts, membership, **params)
