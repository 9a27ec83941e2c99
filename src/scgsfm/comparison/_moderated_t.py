"""Linear models of many sets at once, with moderated t-statistics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special, stats

if TYPE_CHECKING:
    from collections.abc import Sequence

MIN_SETS = 10
"""Sets that are needed to learn how variances differ. With fewer, variances are not moderated."""


@dataclass(frozen=True)
class Prior:
    """How the residual variances of the sets are distributed: scaled inverse chi-squared."""

    df: float
    """Degrees of freedom :math:`d_0`: 0 if variances share nothing, infinite if they are all equal."""
    variance: float
    """Typical variance :math:`s_0^2`."""

    def posterior(self, variance: np.ndarray, df: float) -> np.ndarray:
        r"""The moderated variances :math:`(d_0 s_0^2 + d s^2) / (d_0 + d)`."""
        if self.df == 0:
            return variance
        if np.isinf(self.df):
            return np.where(np.isnan(variance), np.nan, self.variance)
        moderated: np.ndarray = (self.df * self.variance + df * variance) / (self.df + df)
        return moderated


@dataclass(frozen=True)
class LinearFit:
    """One weighted linear model for each set, with the same design."""

    coefficients: np.ndarray
    """Sets × columns of the design."""
    covariance: np.ndarray
    """Covariance of the coefficients for a residual variance of 1, columns × columns."""
    variance: np.ndarray
    """Residual variance of each set; NaN if all its values are equal or one is missing."""
    df: int
    """Residual degrees of freedom."""
    prior: Prior
    n_effective: float
    """Number of sets whose residuals would be as independent of each other; see :func:`effective_number`."""

    @property
    def df_total(self) -> float:
        """Degrees of freedom of the moderated t-statistics, at most those of all sets together.

        limma counts each gene for this. Sets share genes and go up and down together, so that a prior from them knows less
        than their number suggests. They count as their effective number.
        """
        return float(min(self.df + self.prior.df, self.df * max(self.n_effective, 1)))

    @property
    def moderated(self) -> np.ndarray:
        """Moderated residual variances."""
        return self.prior.posterior(self.variance, self.df)

    def standard_error(self, column: int) -> np.ndarray:
        """Standard errors of a coefficient, from the moderated variances."""
        error: np.ndarray = np.sqrt(self.moderated * self.covariance[column, column])
        return error

    def f_test(self, columns: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """Moderated F-statistics and p-values: are several coefficients all 0?"""
        chosen = self.coefficients[:, columns]
        inverse = np.linalg.inv(self.covariance[np.ix_(columns, columns)])
        with np.errstate(invalid="ignore", divide="ignore"):
            f = np.einsum("si,ij,sj->s", chosen, inverse, chosen) / len(columns) / self.moderated
        return f, np.asarray(stats.f.sf(f, len(columns), self.df_total))


def fit_linear_model(
    design: np.ndarray, values: np.ndarray, weights: np.ndarray | None = None, *, moderate: bool = True
) -> LinearFit:
    r"""Fit one linear model per set by weighted least squares, and moderate the variances.

    Parameters
    ----------
    design
        Samples × columns, of full rank.
    values
        Samples × sets.
    weights
        Precision of each sample; only their ratios count.
    moderate
        Whether to moderate the variances by :func:`fit_prior`.
    """
    n, n_columns = design.shape
    roots = np.ones(n) if weights is None else np.sqrt(weights / weights.mean())
    scaled, targets = design * roots[:, None], values * roots[:, None]
    q, r = np.linalg.qr(scaled)
    projected = q.T @ targets
    coefficients = np.linalg.solve(r, projected).T
    inverse = np.linalg.inv(r)
    df = n - n_columns
    spread = np.ptp(values, axis=0)
    telling = spread > 1e-10 * np.abs(values).max(axis=0, initial=0)
    residuals = targets - q @ projected
    sums = np.einsum("ij,ij->j", residuals, residuals)
    variance = np.where(telling & (df > 0), sums / max(df, 1), np.nan)
    prior = fit_prior(variance, df) if moderate else Prior(0.0, np.nan)
    return LinearFit(coefficients, inverse @ inverse.T, variance, df, prior, effective_number(residuals[:, telling]))


def effective_number(residuals: np.ndarray) -> float:
    r"""The effective number of independent columns, :math:`m^2 / \sum_{ij} r_{ij}^2` with their correlations :math:`r`.

    It is at most the residual degrees of freedom, above which correlations can't be distinguished from chance.
    """
    lengths = np.linalg.norm(residuals, axis=0)
    usable = np.isfinite(lengths) & (lengths > 0)
    if not usable.any():
        return 0.0
    scaled = residuals[:, usable] / lengths[usable]
    gram = scaled @ scaled.T
    return float(np.count_nonzero(usable) ** 2 / (gram**2).sum())


def fit_prior(variance: np.ndarray, df: float) -> Prior:
    r"""Estimate the prior of variances by the moments of their logarithms :cite:p:`Smyth2004`.

    With :math:`e = \log s^2 - \psi(d/2) + \log(d/2)`, the equations are :math:`\psi'(d_0/2) = \mathrm{var}(e) -
    \psi'(d/2)` and :math:`\log s_0^2 = \bar e + \psi(d_0/2) - \log(d_0/2)`. If the variances differ no more than by
    chance, :math:`d_0` is infinite and :math:`s_0^2` is their mean, as in limma.
    """
    given = variance[np.isfinite(variance)]
    if len(given) < MIN_SETS or df <= 0:
        return Prior(0.0, np.nan)
    given = np.maximum(given, 1e-5 * (np.median(given) or 1))  # as limma does, since the logarithm of 0 is infinite
    e = np.log(given) - special.digamma(df / 2) + np.log(df / 2)
    excess = e.var(ddof=1) - special.polygamma(1, df / 2)
    if excess <= 0:
        return Prior(np.inf, float(given.mean()))
    prior_df = 2 * trigamma_inverse(float(excess))
    return Prior(prior_df, float(np.exp(e.mean() + special.digamma(prior_df / 2) - np.log(prior_df / 2))))


def trigamma_inverse(x: float) -> float:
    """The value whose trigamma function is ``x``, by Newton's method on 1/trigamma, which is nearly linear."""
    if x > 1e7:
        return float(x**-0.5)
    if x < 1e-6:
        return 1 / x
    y = 0.5 + 1 / x
    for _ in range(50):
        trigamma = float(special.polygamma(1, y))
        step = trigamma * (1 - trigamma / x) / float(special.polygamma(2, y))
        y += step
        if -step / y < 1e-8:
            break
    return float(y)


def precision_weights(
    design: np.ndarray, means: np.ndarray, within: np.ndarray, n_cells: np.ndarray
) -> tuple[np.ndarray, float]:
    r"""Weights of the samples' means by their numbers of cells.

    The mean of :math:`n_j` cells has the variance :math:`\tau^2 + \sigma^2 / n_j`, of the samples and of the cells. The
    weights are :math:`w_j = 1 / (\lambda + 1 / n_j)` with :math:`\lambda = \tau^2 / \sigma^2`. For each set,
    :math:`\tau^2` follows from the residual sum of squares of the unweighted model, whose expectation is
    :math:`\tau^2 (n - p) + \sigma^2 \sum_j (1 - h_j) / n_j`; :math:`\lambda` is the median over the sets, but not below 0.
    One value for all sets keeps the noise of an estimate from few samples out of the tests.

    Parameters
    ----------
    design
        Samples × columns.
    means
        Mean scores, samples × sets.
    within
        Variance of the scores of cells within samples, for each set.
    n_cells
        Number of cells of each sample.

    Returns
    -------
    The weights, and λ: with a large one, samples of any size have nearly the same weight.
    """
    q, _ = np.linalg.qr(design)
    df = design.shape[0] - design.shape[1]
    usable = np.isfinite(means).all(axis=0) & (within > 0)
    if df <= 0 or not usable.any():
        return np.ones(len(n_cells)), np.inf
    residuals = means[:, usable] - q @ (q.T @ means[:, usable])
    from_cells = ((1 - (q**2).sum(axis=1)) / n_cells).sum()
    ratios = (np.einsum("ij,ij->j", residuals, residuals) / within[usable] - from_cells) / df
    between = max(float(np.median(ratios)), 0.0)
    weights = 1 / (between + 1 / n_cells)
    return weights / weights.mean(), between


def adjusted(pvalues: np.ndarray) -> np.ndarray:
    """p-values adjusted by Benjamini and Hochberg; missing ones stay missing and do not count."""
    result, given = np.full(len(pvalues), np.nan), np.isfinite(pvalues)
    if given.any():
        result[given] = stats.false_discovery_control(pvalues[given])
    return result
