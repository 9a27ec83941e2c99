from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from scipy.stats import norm, poisson

from scgsfm.kernels import approximate_cdf, evaluate_cdf, kernel_cdf


@pytest.fixture
def x() -> np.ndarray:
    """Counts of 40 cells × 12 genes, the first gene constant."""
    rng = np.random.default_rng(0)
    x = rng.poisson(rng.gamma(1, 4, (40, 1)) * np.linspace(0.1, 1, 12)).astype(np.float64)
    x[:, 0] = 0
    return x


def shares(x: np.ndarray, y: np.ndarray, kernel: str, steps: int | None = 1000) -> np.ndarray:
    """The estimate for one gene with the values ``x`` at ``y``."""
    if kernel == "poisson":
        return poisson.cdf(y[:, None], x + 0.5).mean(axis=1)
    if kernel == "none":
        return (x <= y[:, None]).mean(axis=1)
    v = (y[:, None] - x) / (x.std(ddof=1) / 4)
    return norm.cdf(np.trunc(v * steps) / steps if steps else v).mean(axis=1)


@pytest.mark.parametrize("kernel", ["gaussian", "poisson", "none"])
def test_equals_kernel_estimate(x: np.ndarray, kernel: str) -> None:
    matrix = sparse.csc_array(x)
    found = kernel_cdf(matrix.indptr, matrix.indices, matrix.data, len(x), kernel=kernel)
    for gene in range(1, 12):
        part = slice(*found.starts[gene : gene + 2])
        levels = np.unique(x[:, gene])
        np.testing.assert_array_equal(found.nodes[part], levels)
        with np.errstate(divide="ignore"):
            expected = 1 / (1 + np.exp(-found.heights[part]))
        np.testing.assert_allclose(expected, shares(x[:, gene], levels, kernel), atol=1e-12)


def test_constant_gene_has_height_one_half(x: np.ndarray) -> None:
    matrix = sparse.csc_array(x + 0.1)
    found = kernel_cdf(matrix.indptr, matrix.indices, matrix.data, len(x), kernel="gaussian")
    assert (found.nodes[1], found.heights[1]) == (0.1, 0)  # node 0 is the value 0, which doesn't occur


@pytest.mark.parametrize(("kernel", "shift"), [("gaussian", 0.3), ("gaussian", -2.7), ("poisson", 0), ("none", 0.3)])
def test_interpolation_equals_kernel_estimate(x: np.ndarray, kernel: str, shift: float) -> None:
    """From all values the curve is the exact one, anywhere, but for the steps in which the normal one is taken."""
    x = np.where(x > 0, x + shift, 0)
    matrix = sparse.csc_array(x)
    matrix.eliminate_zeros()
    zeros = (x == 0).mean(axis=0)
    means = x.sum(axis=0) / np.maximum((x != 0).sum(axis=0), 1)
    found = approximate_cdf(matrix.indptr, matrix.data, zeros, means, x.std(axis=0, ddof=1), kernel=kernel)
    y = np.linspace(x.min() - 1, x.max() + 1, 999)
    y = np.append(np.unique(y.round().clip(0)), 0) if kernel == "poisson" else np.append(y, 0)
    for gene in range(1, 12):
        heights = evaluate_cdf(found, np.full(len(y), gene), y, interpolate=kernel != "none")
        np.testing.assert_allclose(heights, shares(x[:, gene], y, kernel, steps=None), atol=1.1e-3)
        assert (np.diff(heights[np.argsort(y)]) >= 0).all()


def test_gene_without_sampled_values() -> None:
    """Of 100 cells two have a value, and neither is in the sample."""
    nothing = np.zeros(0)
    found = approximate_cdf(
        np.zeros(2, int), nothing, np.array([0.98]), np.array([3.0]), np.array([0.42]), kernel="none"
    )
    np.testing.assert_allclose(
        evaluate_cdf(found, np.zeros(3, int), np.array([-1.0, 0, 5]), interpolate=False), [0, 0.98, 1]
    )


def test_constant_gene_at_other_values() -> None:
    nothing = np.zeros(0)
    found = approximate_cdf(np.zeros(2, int), nothing, np.ones(1), np.zeros(1), np.zeros(1), kernel="gaussian")
    np.testing.assert_array_equal(
        evaluate_cdf(found, np.zeros(3, int), np.array([-1.0, 0, 5]), interpolate=True), [0, 0.5, 1]
    )
