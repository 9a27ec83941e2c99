"""p-values of Student's t and of the normal distribution for many statistics, and the Benjamini-Hochberg adjustment."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ._njit import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

STEP = 0.5
N_STEPS = 72
"""The table ends at 36, where a normal p-value is 1e-283."""
DEGREE = 11
ROWS_AT_A_TIME = 64
"""Rows that are adjusted together, so that their sort orders stay in the CPU's cache."""


def two_sided_pvalues(statistic: NDArray[np.float64], df: float) -> NDArray[np.float64]:
    """Compute two-sided p-values of Student's t.

    The relative error is about 1e-12. The logarithm of the tail is a polynomial of degree ``DEGREE`` on each interval of
    length ``STEP``; values beyond the table go to SciPy. SciPy alone would evaluate an incomplete beta function for each
    value, which takes longer than the scores themselves.

    Parameters
    ----------
    statistic
        Values of t.
    df
        Degrees of freedom; infinity for the normal distribution.
    """
    statistic = np.ascontiguousarray(statistic)
    out = np.empty_like(statistic)
    n_beyond = _log_tails(statistic.ravel(), _tail_table(df), out.ravel())
    np.exp(out, out=out)
    if n_beyond:
        beyond = ~(np.abs(statistic) < STEP * N_STEPS)
        out[beyond] = _tails(np.abs(statistic[beyond]), df)
    return out


def _tails(t: NDArray[np.float64], df: float) -> NDArray[np.float64]:
    """Compute two-sided p-values by SciPy."""
    from scipy.special import ndtr, stdtr

    one_sided: NDArray[np.float64] = ndtr(-t) if np.isinf(df) else stdtr(df, -t)
    return 2 * one_sided


@lru_cache(maxsize=16)
def _tail_table(df: float) -> NDArray[np.float64]:
    """Fit the logarithm of the tails on each interval: coefficients (intervals × powers, the highest first).

    The nodes are those of Chebyshev, which keep the error of the polynomial about even over the interval.
    """
    nodes = np.cos(np.pi * (np.arange(DEGREE + 1) + 0.5) / (DEGREE + 1))
    t = STEP * (np.arange(N_STEPS)[:, None] + (nodes + 1) / 2)
    return np.ascontiguousarray(np.linalg.solve(np.vander(nodes), np.log(_tails(t, df)).T).T)


@njit(cache=True, nogil=True)
def _log_tails(statistic: np.ndarray, table: np.ndarray, out: np.ndarray) -> int:
    """Write the logarithms of the tails to ``out``; return the number of values beyond the table."""
    n_beyond = 0
    for i in range(len(statistic)):
        position = abs(statistic[i]) / STEP
        if position == 0:
            out[i] = 0
        elif position < N_STEPS:
            piece = np.int64(position)
            x = 2 * (position - piece) - 1
            total = table[piece, 0]
            for power in range(1, DEGREE + 1):
                total = total * x + table[piece, power]
            out[i] = min(total, 0.0)
        else:
            out[i] = 0
            n_beyond += 1
    return n_beyond


def adjust(pvalues: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Adjust the p-values of each row by the method of Benjamini and Hochberg.

    With the :math:`n` p-values of a row in ascending order, :math:`\tilde p_{(i)} = \min_{j \ge i} \frac{n}{j} p_{(j)}`,
    at most 1.
    """
    # scipy.stats.false_discovery_control gives the same bits, but with it `ulm` takes 1.6 times and `zscore` twice as long
    # as a whole (2,000 cells × 2,000 genes × 200 sets).
    out = np.empty_like(pvalues)
    for start in range(0, len(pvalues), ROWS_AT_A_TIME):
        rows = slice(start, start + ROWS_AT_A_TIME)
        _adjust(pvalues[rows], np.argsort(pvalues[rows], axis=1), out[rows])
    return out


@njit(cache=True, nogil=True)
def _adjust(pvalues: np.ndarray, order: np.ndarray, out: np.ndarray) -> None:
    """Take the running minimum from the largest p-value down; ``order`` sorts each row."""
    n = pvalues.shape[1]
    for row in range(len(pvalues)):
        least = 1.0
        for i in range(n - 1, -1, -1):
            column = order[row, i]
            least = min(least, pvalues[row, column] * (n / (i + 1)))
            out[row, column] = least
