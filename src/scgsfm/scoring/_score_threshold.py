"""The score from which a gene set is on in a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIN_CELLS = 10
"""Fewer cells don't determine two components."""


def score_threshold(scores: NDArray[np.float64], *, alpha: float = 0.01) -> float:
    r"""Choose the score above which a set is on, from the scores of all cells.

    A normal distribution, and a mixture of two with the same variance, are fitted to the scores. If the mixture fits better by the Bayesian
    information criterion, the threshold is the score between the two means at which both components are equally likely.
    Otherwise it is the quantile :math:`1 - \alpha / n` of the normal distribution for :math:`n` cells, which hardly any cell
    exceeds by chance, as in AUCell (Aibar et al., 2017, https://doi.org/10.1038/nmeth.4463).

    Parameters
    ----------
    scores
        Score of each cell.
    alpha
        Expected number of cells above the quantile of the normal distribution.
    """
    from scipy.stats import norm
    from sklearn.mixture import GaussianMixture

    n_cells, spread = len(scores), float(scores.std())
    if not spread > 0:
        return float(scores[0])  # the same score in all cells: the set is on in none
    values = ((scores - scores.mean()) / spread)[:, None]
    if n_cells >= MIN_CELLS:
        start = np.quantile(values, [0.25, 0.95])[:, None]
        single = GaussianMixture(1).fit(values)
        double = GaussianMixture(2, covariance_type="tied", means_init=start, random_state=0).fit(values)
        if double.bic(values) < single.bic(values):
            low, high = np.argsort(double.means_[:, 0])
            grid = np.linspace(double.means_[low, 0], double.means_[high, 0], 1001)
            likely = double.predict_proba(grid[:, None])[:, high] >= 0.5
            if likely.any() and not likely.all():
                return float(scores.mean() + spread * grid[likely.argmax()])
    return float(scores.mean() + spread * norm.isf(alpha / n_cells))
