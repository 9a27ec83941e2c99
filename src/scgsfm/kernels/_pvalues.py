"""p-values of many statistics, and their adjustment."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

STEP = 0.5
N_STEPS = 72
"""The table ends at 36, where a normal p-value is 1e-283."""
DEGREE = 11
ROWS_AT_A_TIME = 64


def two_sided_pvalues(statistic: NDArray[np.float64], df: float) -> NDArray[np.float64]:
    """Two-sided p-values of Student's t.

    Exact to about 1e-12 of the value: the logarithm of the distribution's tail is a polynomial of degree ``DEGREE`` on
    each interval of length ``STEP``, and what lies beyond the table is left to SciPy.

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
    from scipy.special import ndtr, stdtr

    return 2 * (ndtr(-t) if np.isinf(df) else stdtr(df, -t))


@lru_cache(maxsize=16)
def _tail_table(df: float) -> NDArray[np.float64]:
    """Coefficients of the logarithm of the tails on each interval (intervals × powers, the highest first)."""
    nodes = np.cos(np.pi * (np.arange(DEGREE + 1) + 0.5) / (DEGREE + 1))
    t = STEP * (np.arange(N_STEPS)[:, None] + (nodes + 1) / 2)
    return np.ascontiguousarray(np.linalg.solve(np.vander(nodes), np.log(_tails(t, df)).T).T)


@njit(cache=True, nogil=True)
def _log_tails(statistic, table, out):
    """Logarithms of the tails; returns how many values are beyond the table."""
    n_beyond = 0
    for i in range(len(statistic)):
        place = abs(statistic[i]) / STEP
        if place == 0:
            out[i] = 0
        elif place < N_STEPS:
            piece = np.int64(place)
            x = 2 * (place - piece) - 1
            total = table[piece, 0]
            for power in range(1, DEGREE + 1):
                total = total * x + table[piece, power]
            out[i] = min(total, 0.0)
        else:
            out[i] = 0
            n_beyond += 1
    return n_beyond


def adjust(pvalues: NDArray[np.float64]) -> NDArray[np.float64]:
    """Adjust the p-values of each row for its number of tests, as Benjamini and Hochberg do."""
    out = np.empty_like(pvalues)
    for start in range(0, len(pvalues), ROWS_AT_A_TIME):
        rows = slice(start, start + ROWS_AT_A_TIME)
        _adjust(pvalues[rows], np.argsort(pvalues[rows], axis=1), out[rows])
    return out


@njit(cache=True, nogil=True)
def _adjust(pvalues, order, out) -> None:
    n = pvalues.shape[1]
    for row in range(len(pvalues)):
        least = 1.0
        for i in range(n - 1, -1, -1):
            place = order[row, i]
            least = min(least, pvalues[row, place] * (n / (i + 1)))
            out[row, place] = least
