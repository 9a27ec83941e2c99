"""The moderated t-test, compared with formulas computed in another way and with statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import integrate, optimize, special, stats

from scgsfm.comparison import (
    adjusted,
    effective_number,
    fit_linear_model,
    fit_prior,
    precision_weights,
    trigamma_inverse,
)


def trigamma(x: float) -> float:
    """By its integral, not by the polygamma function."""
    return integrate.quad(lambda t: t * np.exp(-x * t) / -np.expm1(-t), 0, np.inf)[0]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def data(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A design of ten samples with a condition, a batch and an age; scores of 300 sets; weights."""
    condition, batch = np.repeat([0, 1], 5), np.tile([0, 1], 5)
    design = np.column_stack([np.ones(10), condition, batch, rng.normal(size=10)])
    sd = np.sqrt(0.5 * 6 / rng.chisquare(6, 300))
    return design, rng.normal(size=(10, 300)) * sd, rng.uniform(0.2, 2, 10)


@pytest.mark.parametrize("x", [1e-8, 1e-3, 0.1, 1.0, 10.0, 1e8])
def test_trigamma_inverse(x: float) -> None:
    assert special.polygamma(1, trigamma_inverse(x)) == pytest.approx(x, rel=1e-4 if x < 1e-6 else 1e-7)


def test_prior_solves_the_equations_of_smyth(rng: np.random.Generator) -> None:
    variance = 0.3 * 8 / rng.chisquare(8, 500) * rng.chisquare(4, 500) / 4
    prior = fit_prior(variance, 4)
    # sections 6.1 and 6.2 of the paper, solved by bisection
    z = np.log(variance)
    wanted = np.mean((z - z.mean()) ** 2 * 500 / 499) - trigamma(2.0)
    half = optimize.brentq(lambda y: trigamma(y) - wanted, 0.1, 1000)
    e = z - special.digamma(2.0) + np.log(2.0)
    assert prior.df == pytest.approx(2 * half, rel=1e-6)
    assert prior.variance == pytest.approx(np.exp(e.mean() + special.digamma(half) - np.log(half)), rel=1e-6)
    # and they are those that the variances were drawn with, up to chance
    assert prior.df == pytest.approx(8, rel=0.35)
    assert prior.variance == pytest.approx(0.3, rel=0.1)


def test_equal_variances_have_an_infinite_prior() -> None:
    quantiles = stats.chi2.ppf((np.arange(200) + 0.5) / 200, 5) / 5
    narrow = np.exp(np.log(quantiles) * 0.9)  # they differ less than by chance
    prior = fit_prior(narrow, 5)
    assert np.isinf(prior.df)
    assert prior.variance == pytest.approx(narrow.mean())
    np.testing.assert_allclose(prior.posterior(np.array([0.1, np.nan]), 5), [narrow.mean(), np.nan])


def test_few_sets_are_not_moderated(data: tuple[np.ndarray, ...]) -> None:
    design, values, _ = data
    fit = fit_linear_model(design[:, :2], values[:, :9])
    expected = stats.ttest_ind(values[5:, :9], values[:5, :9])
    assert fit.prior.df == 0
    assert fit.df_total == 8
    t = fit.coefficients[:, 1] / fit.standard_error(1)
    np.testing.assert_allclose(t, expected.statistic)
    np.testing.assert_allclose(2 * stats.t.sf(abs(t), fit.df_total), expected.pvalue)


def test_against_statsmodels(data: tuple[np.ndarray, ...]) -> None:
    design, values, weights = data
    fit = fit_linear_model(design, values, weights)
    d0, s0 = fit.prior.df, fit.prior.variance
    for i in (0, 7, 299):
        expected = sm.WLS(values[:, i], design, weights=weights / weights.mean()).fit()
        np.testing.assert_allclose(fit.coefficients[i], expected.params)
        assert fit.variance[i] == pytest.approx(expected.scale)
        moderated = (d0 * s0 + expected.df_resid * expected.scale) / (d0 + expected.df_resid)
        t = expected.tvalues[1] * np.sqrt(expected.scale / moderated)
        assert fit.coefficients[i, 1] / fit.standard_error(1)[i] == pytest.approx(t)
        f, p = fit.f_test([1, 2])
        ordinary = expected.f_test(np.eye(4)[1:3]).fvalue
        assert f[i] == pytest.approx(float(ordinary) * expected.scale / moderated)
        assert p[i] == pytest.approx(stats.f.sf(f[i], 2, fit.df_total))


def test_scale_of_the_weights_does_not_matter(data: tuple[np.ndarray, ...]) -> None:
    design, values, weights = data
    a, b = (fit_linear_model(design, values, w) for w in (weights, 100 * weights))
    np.testing.assert_allclose(a.standard_error(1), b.standard_error(1))


def test_sets_that_go_together_count_as_one(rng: np.random.Generator) -> None:
    one = rng.normal(size=(6, 1))
    assert effective_number(np.repeat(one, 40, axis=1)) == pytest.approx(1)
    assert effective_number(np.eye(6)) == pytest.approx(6)
    design = np.column_stack([np.ones(6), np.repeat([0, 1], 3)])
    fit = fit_linear_model(design, one + 1e-6 * rng.normal(size=(6, 40)))
    assert np.isinf(fit.prior.df)
    assert fit.df_total == pytest.approx(4, rel=1e-3)


def test_constant_and_missing_values(rng: np.random.Generator) -> None:
    values = rng.normal(size=(6, 15))
    values[:, 3], values[2, 4] = 0.25, np.nan
    fit = fit_linear_model(np.column_stack([np.ones(6), np.repeat([0, 1], 3)]), values)
    assert np.isnan(fit.standard_error(1)[[3, 4]]).all()
    assert np.isfinite(np.delete(fit.standard_error(1), [3, 4])).all()


def test_precision_weights(rng: np.random.Generator) -> None:
    n_cells = np.array([10, 40, 90, 400, 25, 60, 150, 1000])
    design = np.column_stack([np.ones(8), np.repeat([0, 1], 4)])
    tau, sigma = 0.2, 1.0
    means = rng.normal(size=(8, 20_000)) * np.sqrt(tau**2 + sigma**2 / n_cells)[:, None]
    weights, between = precision_weights(design, means, np.full(20_000, sigma**2), n_cells)
    # the median of the estimates is below their mean, 0.04
    assert 0.02 < between < 0.04
    np.testing.assert_allclose(weights, (w := 1 / (between + 1 / n_cells)) / w.mean())
    equal, _ = precision_weights(design, means * 1e6, np.full(20_000, 1.0), n_cells)
    np.testing.assert_allclose(equal, 1, rtol=1e-6)


def test_adjusted_ignores_missing_values() -> None:
    p = np.array([0.01, np.nan, 0.04, 0.5])
    np.testing.assert_allclose(adjusted(p), [0.03, np.nan, 0.06, 0.5])
    assert np.isnan(adjusted(np.array([np.nan]))).all()
