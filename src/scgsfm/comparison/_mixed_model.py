from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class MixedFit:
    """A linear mixed model of the cells of a set."""

    coefficients: np.ndarray
    """Coefficients of the columns of the design; NaN if the model could not be fitted."""
    covariance: np.ndarray
    """Covariance of the coefficients."""
    converged: bool

    def standard_error(self, column: int) -> float:
        """Standard error of a coefficient."""
        return float(np.sqrt(self.covariance[column, column]))

    def f_statistic(self, columns: Sequence[int]) -> float:
        """Wald statistic of several coefficients, divided by their number."""
        chosen = self.coefficients[columns]
        covariance = self.covariance[np.ix_(columns, columns)]
        if not np.isfinite(covariance).all():
            return np.nan
        return float(chosen @ np.linalg.solve(covariance, chosen) / len(columns))


def fit_mixed_model(scores: np.ndarray, design: np.ndarray, units: np.ndarray) -> MixedFit:
    r"""Fit scores of cells by restricted maximum likelihood, with a random intercept for each sample.

    statsmodels estimates the variances :math:`\tau^2` of the samples and :math:`\sigma^2` of the cells. The covariance of
    the coefficients is that of generalized least squares with these, :math:`(\sum_j x_j x_j^T / (\tau^2 + \sigma^2 /
    n_j))^{-1}` for samples of :math:`n_j` cells, as in lme4; statsmodels has none if :math:`\tau^2` is 0.

    Parameters
    ----------
    scores
        Score of each cell.
    design
        Samples × columns: the fixed effects, which are those of the samples.
    units
        Sample of each cell, a row of the design.
    """
    from statsmodels.regression.mixed_linear_model import MixedLM

    n = design.shape[1]
    failed = MixedFit(np.full(n, np.nan), np.full((n, n), np.nan), converged=False)
    scale = scores.std()  # the optimizer expects values of about 1
    if not np.isfinite(scale) or scale <= 1e-10 * np.abs(scores).max():
        return failed
    with warnings.catch_warnings():
        # a variance of 0 between samples is at the boundary, which statsmodels warns of
        warnings.simplefilter("ignore")
        try:
            fitted = MixedLM(scores / scale, design[units], groups=units).fit(reml=True)
        except np.linalg.LinAlgError:
            return failed
    between = float(np.asarray(fitted.cov_re).item())
    precision = 1 / (between + fitted.scale / np.bincount(units, minlength=len(design)))
    covariance = np.linalg.inv(design.T @ (design * precision[:, None]))
    return MixedFit(np.asarray(fitted.fe_params) * scale, covariance * scale**2, bool(fitted.converged))
