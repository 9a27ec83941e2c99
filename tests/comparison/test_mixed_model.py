from __future__ import annotations

import numpy as np
import pytest
from statsmodels.regression.mixed_linear_model import MixedLM

from scgsfm.comparison import fit_mixed_model

DESIGN = np.column_stack([np.ones(8), np.repeat([0, 1], 4)])


def cells(tau: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    units = np.repeat(np.arange(8), [20, 35, 50, 10, 25, 30, 15, 40])
    return rng.normal(size=len(units)) + rng.normal(0, tau, 8)[units] + 0.8 * DESIGN[units, 1], units


def test_against_statsmodels() -> None:
    scores, units = cells(0.5)
    fit = fit_mixed_model(1e-4 * scores, DESIGN, units)  # small scores are scaled for the optimizer
    expected = MixedLM(scores, DESIGN[units], groups=units).fit(reml=True)
    np.testing.assert_allclose(fit.coefficients, 1e-4 * expected.fe_params, rtol=1e-3)
    # statsmodels has the observed information, and here is the expected one
    assert fit.standard_error(1) == pytest.approx(1e-4 * expected.bse_fe[1], rel=0.02)


def test_no_variance_between_samples_gives_the_regression_of_cells() -> None:
    scores, units = cells(0.0)
    scores -= np.bincount(units, scores)[units] / np.bincount(units)[units]  # no more than by chance
    fit = fit_mixed_model(scores, DESIGN, units)
    x = DESIGN[units]
    covariance = np.linalg.inv(x.T @ x) * (scores @ scores) / (len(scores) - 2)
    assert fit.standard_error(1) == pytest.approx(np.sqrt(covariance[1, 1]), rel=1e-2)


def test_equal_scores_have_no_fit() -> None:
    _, units = cells(0.0)
    assert np.isnan(fit_mixed_model(np.ones(len(units)), DESIGN, units).coefficients).all()
