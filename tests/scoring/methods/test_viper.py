from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import sparse
from scipy.stats import false_discovery_control, norm, rankdata

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="module")
def counts() -> np.ndarray:
    """Log-normalized counts, 30 cells × 200 genes."""
    rng = np.random.default_rng(4)
    x = rng.poisson(rng.gamma(0.5, 3, 200), (30, 200)).astype(np.float64)
    x[:10, :60] *= rng.integers(1, 6, 60)
    x[4] = 0
    return np.log1p(100 * x / np.maximum(x.sum(axis=1, keepdims=True), 1))


@pytest.fixture(scope="module")
def regulons() -> np.ndarray:
    """Ten overlapping sets with weights in -1..1, most genes among the first 60."""
    rng = np.random.default_rng(5)
    x = np.zeros((10, 200))
    for row, size in zip(x, [1, 5, 20, 25, 30, 30, 40, 50, 60, 200], strict=True):
        row[rng.choice(60 if size < 60 else 200, size, replace=False)] = rng.choice([-1, 1, 1], size)
    return x * np.where(rng.random(x.shape) < 0.5, 1, rng.random(x.shape))


def by_formula(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The enrichment of all sets without correction."""
    n = x.shape[1]
    q = rankdata(x, axis=1) / (n + 1)
    z, distance = norm.ppf(q), 2 * abs(q - 0.5)
    e = norm.ppf(distance + (1 - (n - 1) / (n + 1)) / 2)
    size = (weights != 0).sum(axis=1)
    signed = z @ weights.T / size
    unsigned = e @ ((weights != 0) * (1 - abs(weights))).T / size
    return (abs(signed) + np.maximum(unsigned, 0)) * np.sign(signed) * np.sqrt(size)


def test_formula(
    score: Callable[..., Any], counts: np.ndarray, regulons: np.ndarray, array_type: Callable[..., Any]
) -> None:
    found = score("viper", array_type(counts), regulons, pleiotropy=False, block_size=7)
    expected = by_formula(counts, regulons)
    np.testing.assert_allclose(found.scores, expected, rtol=1e-9, atol=1e-12)
    padj = false_discovery_control(2 * norm.sf(abs(expected)), axis=1)
    np.testing.assert_allclose(found.padj, padj, rtol=1e-9)


PARAMS = [{}, {"pleiotropy": False}, {"reg_sign": 0.3, "n_targets": 4}, {"reg_sign": 0.9, "n_targets": 0, "penalty": 3}]


@pytest.mark.parametrize("params", PARAMS)
@pytest.mark.parametrize("signs", [False, True])
def test_equals_decoupler(
    score: Callable[..., Any],
    decoupler: Callable[..., Any],
    counts: np.ndarray,
    regulons: np.ndarray,
    params: dict[str, Any],
    signs: bool,
) -> None:
    counts = counts[counts.any(axis=1)]
    weights = np.sign(regulons) if signs else regulons
    scores, padj = decoupler("viper", counts, weights, **params)
    keep = counts.any(axis=0)  # decoupler's universe
    found = score("viper", counts[:, keep], weights[:, keep], **params)
    np.testing.assert_allclose(found.scores, scores, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found.padj, padj, rtol=1e-6)  # decoupler adjusts in single precision


def test_correction_changes_scores(score: Callable[..., Any], counts: np.ndarray, regulons: np.ndarray) -> None:
    """The comparison would say nothing if no sets were corrected."""
    for params in PARAMS:
        if params.get("pleiotropy", True):
            found = score("viper", counts, regulons, **params).scores
            assert (found != by_formula(counts, regulons)).mean() > 0.05


def test_correction_discounts_genes_of_stronger_set(score: Callable[..., Any]) -> None:
    """All genes of the first set are high, and of the second only those that it shares with the first."""
    x = np.zeros((1, 200))
    x[0, :20], x[0, 20:40] = np.arange(1, 41, 2), np.arange(2, 41, 2)
    sets = np.zeros((2, 200))
    sets[0, :40] = 1
    sets[1, 20:60] = 1
    before, after = (score("viper", x, sets, pleiotropy=p).scores[0] for p in (False, True))
    assert after[0] == before[0]
    assert abs(after[1]) < before[1] / 2


def test_independent_of_array_type_and_block_size(
    score: Callable[..., Any], counts: np.ndarray, regulons: np.ndarray, array_type: Callable[..., Any]
) -> None:
    expected = score("viper", sparse.csr_matrix(counts), regulons).scores
    for block_size in (None, 1, 4):
        found = score("viper", array_type(counts), regulons, block_size=block_size).scores
        np.testing.assert_array_equal(found, expected)


def test_depends_only_on_ranks(score: Callable[..., Any], counts: np.ndarray, regulons: np.ndarray) -> None:
    """Neither the order of the genes, nor scale, sign or type of the values matters."""
    expected = score("viper", counts, regulons).scores
    order = np.random.default_rng(0).permutation(200)
    found = score("viper", counts[:, order], regulons[:, order]).scores
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(score("viper", counts - 0.7, regulons).scores, expected, rtol=1e-9, atol=1e-9)
    whole = rankdata(counts, method="dense", axis=1).astype(np.int64)
    np.testing.assert_allclose(score("viper", whole, regulons).scores, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("value", [0, 2.5])
def test_constant_cell_scores_0(score: Callable[..., Any], regulons: np.ndarray, value: float) -> None:
    found = score("viper", np.full((1, 200), value), regulons)
    np.testing.assert_allclose(found.scores, 0, atol=1e-12)
    np.testing.assert_allclose(found.padj, 1)


def test_set_of_all_genes_scores_0(score: Callable[..., Any], counts: np.ndarray) -> None:
    """Without ties; ties leave the mean of the quantiles a little off 0."""
    x = np.random.default_rng(0).permuted(np.tile(np.arange(200.0), (3, 1)), axis=1)
    np.testing.assert_allclose(score("viper", x, np.ones((1, 200))).scores, 0, atol=1e-10)
