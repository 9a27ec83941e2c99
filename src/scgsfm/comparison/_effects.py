"""Effects of conditions on the scores of one cell type, by the two engines."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats

from scgsfm._progress import progress_over

from ._mixed_model import fit_mixed_model
from ._moderated_t import fit_linear_model, precision_weights

if TYPE_CHECKING:
    from ._design_matrix import DesignMatrix


@dataclass(frozen=True)
class Effects:
    """Effects of the conditions but the reference, conditions × sets."""

    effect: np.ndarray
    error: np.ndarray
    """Standard errors; NaN if there are no residual degrees of freedom."""
    df: float
    spread: np.ndarray
    """Standard deviation by which effects are standardized, for each set."""
    f: np.ndarray
    """F-statistics of all conditions together, for each set."""
    f_pvalue: np.ndarray
    record: dict[str, Any] = field(default_factory=dict)

    @property
    def t(self) -> np.ndarray:
        """The t-statistics."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(self.effect / self.error)

    @property
    def pvalue(self) -> np.ndarray:
        """Two-sided p-values."""
        return np.asarray(2 * stats.t.sf(np.abs(self.t), self.df))

    @property
    def margin(self) -> np.ndarray:
        """Half of the width of the 95 % confidence intervals."""
        return np.asarray(stats.t.ppf(0.975, self.df) * self.error if self.df > 0 else np.full_like(self.error, np.nan))


def pseudobulk_effects(
    design: DesignMatrix, means: np.ndarray, within: np.ndarray | None, n_cells: np.ndarray, *, weighted: bool
) -> Effects:
    """Linear models of the samples' means with moderated t-statistics.

    Parameters
    ----------
    design
        Design of the samples.
    means
        Samples × sets.
    within
        Variance of the cells' scores within samples, for each set; None if scores are not of cells.
    n_cells
        Number of cells of each sample.
    weighted
        Whether samples are weighted by their numbers of cells.
    """
    weights, between = None, np.nan
    if weighted and within is not None:
        weights, between = precision_weights(design.matrix, means, within, n_cells)
    fit = fit_linear_model(design.matrix, means, weights)
    columns = list(range(1, 1 + len(design.conditions)))
    error = np.array([fit.standard_error(column) for column in columns])
    f, f_pvalue = fit.f_test(columns)
    record = {"prior_df": fit.prior.df, "prior_variance": fit.prior.variance, "between": between}
    record["n_effective"] = fit.n_effective
    spread = np.sqrt(fit.variance if within is None else within)
    return Effects(fit.coefficients[:, columns].T, error, fit.df_total, spread, f, f_pvalue, record)


def mixed_effects(design: DesignMatrix, scores: np.ndarray, units: np.ndarray, within: np.ndarray) -> Effects:
    """Mixed models of the cells' scores with the sample as random effect.

    The t-statistics have the degrees of freedom of the samples, not of the cells: a normal distribution, as statsmodels
    assumes, would give too low p-values for few samples.

    Parameters
    ----------
    design
        Design of the samples.
    scores
        Cells × sets.
    units
        Sample of each cell.
    within
        Variance of the cells' scores within samples, for each set.
    """
    columns = list(range(1, 1 + len(design.conditions)))
    df = design.matrix.shape[0] - design.matrix.shape[1]
    of_sets = progress_over(scores.T, total=scores.shape[1], unit="sets", description="Fitting mixed models")
    fits = [fit_mixed_model(column, design.matrix, units) for column in of_sets]
    effect = np.array([[fit.coefficients[column] for fit in fits] for column in columns])
    error = np.array([[fit.standard_error(column) for fit in fits] for column in columns])
    f = np.array([fit.f_statistic(columns) for fit in fits])
    if df <= 0:
        error, f = np.full_like(error, np.nan), np.full_like(f, np.nan)
    f_pvalue = stats.f.sf(f, len(columns), max(df, 1))
    record = {"n_not_converged": sum(not fit.converged for fit in fits)}
    return Effects(effect, error, float(df), np.sqrt(within), f, np.asarray(f_pvalue), record)
