"""Null distributions: random markers, and groups of random composition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

MAX_DRAWN = 1000
"""Largest number of cells of a random group: the standardized mean of more cells has the same distribution."""


def pvalues_of(scores: np.ndarray, null: np.ndarray) -> np.ndarray:
    """Fraction of the null distribution that reaches each score; never 0."""
    null = np.sort(null, axis=None)
    n_above = len(null) - np.searchsorted(null, scores, side="left")
    return np.asarray((1 + n_above) / (1 + len(null)))


def qvalues(pvalues: np.ndarray) -> np.ndarray:
    r"""False discovery rate at which each p-value is significant (Storey, 2002).

    The fraction of true null hypotheses is estimated by :math:`\hat\pi_0 = (1 + \#\{p > 0.5\}) / (0.5\, n)`, at most 1, with
    which it is the method of Benjamini and Hochberg. Reference: https://doi.org/10.1111/1467-9868.00346.
    """
    n = len(pvalues)
    if not n:
        return pvalues
    null_share = min(1.0, (1 + np.count_nonzero(pvalues > 0.5)) / (0.5 * n))
    order = np.argsort(pvalues, kind="stable")
    rates = null_share * n * pvalues[order] / np.arange(1, n + 1)
    q = np.empty(n)
    q[order] = np.minimum(np.minimum.accumulate(rates[::-1])[::-1], 1)
    return q


def composition_pvalues(
    scores: np.ndarray, groups: pd.Categorical, *, n_random: int, rng: np.random.Generator
) -> np.ndarray:
    r"""P-values of groups against random groups of the same size, drawn from all cells (groups × types).

    The statistic is the mean rank of a type's scores in the group, standardized as in the test of Mann and Whitney:
    with ranks :math:`r` of :math:`N` cells, their variance :math:`s^2` and a group of :math:`n` cells,

    .. math:: z = \frac{\bar r_\text{group} - \bar r}{s} \sqrt{\frac{n (N - 1)}{N - n}}.

    It is compared with the highest value of any type in each random group, so that the choice of the best of many types is
    taken into account.

    Parameters
    ----------
    scores
        Cells × types.
    groups
        Group of each cell; missing values are allowed.
    n_random
        Number of random groups for each group.
    rng
        Generator of the draws.
    """
    from scipy.stats import rankdata

    n_cells, codes = len(scores), groups.codes.astype(np.int64)
    ranks = np.stack([rankdata(column) / n_cells for column in scores.T], axis=1)
    center, spread = ranks.mean(axis=0), ranks.std(axis=0)
    spread = np.where(spread > 0, spread, np.inf)

    def standardized(means: np.ndarray, sizes: np.ndarray) -> np.ndarray:
        rest = np.maximum(n_cells - sizes, 0)
        factor = np.sqrt(sizes * max(n_cells - 1, 1) / np.maximum(rest, 1)) * (rest > 0)
        return np.asarray((means - center) / spread * factor[:, None])

    sizes = np.bincount(codes[codes >= 0], minlength=len(groups.categories))
    order = np.argsort(codes, kind="stable")[np.count_nonzero(codes < 0) :]
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    observed = standardized(np.add.reduceat(ranks[order], starts) / sizes[:, None], sizes)

    drawn = np.minimum(sizes, MAX_DRAWN)
    starts = np.concatenate([[0], np.cumsum(drawn)[:-1]])
    reached = np.zeros(observed.shape)
    for _ in range(n_random):
        cells = rng.choice(n_cells, drawn.sum(), replace=False)
        random = standardized(np.add.reduceat(ranks[cells], starts) / drawn[:, None], drawn)
        reached += random.max(axis=1, keepdims=True) >= observed
    return np.asarray((1 + reached) / (1 + n_random))
