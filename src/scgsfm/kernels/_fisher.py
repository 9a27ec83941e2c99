"""Fisher's exact test of over-representation, for all cells and sets in one pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._njit import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray


def fisher_greater(
    hits: NDArray[np.floating], n_drawn: NDArray[np.integer], sizes: NDArray[np.integer], n_genes: int
) -> NDArray[np.float64]:
    r"""Compute one-sided p-values of Fisher's exact test (more hits than expected).

    For :math:`x` hits among :math:`n` genes drawn from :math:`N`, of which :math:`K` are in the set,
    :math:`p = \sum_{i \ge x} \binom{K}{i} \binom{N-K}{n-i} / \binom{N}{n}`.

    Parameters
    ----------
    hits
        Number of genes drawn in each cell that are in each set (cells × sets).
    n_drawn
        Number of genes drawn in each cell.
    sizes
        Number of genes of each set.
    n_genes
        Number of all genes.

    Returns
    -------
    p-values (cells × sets).
    """
    from scipy.special import gammaln

    # log-factorials come from one table: scipy.stats.hypergeom.sf evaluates gamma functions for every cell and set
    return _fisher_greater(hits, n_drawn, sizes, n_genes, gammaln(np.arange(n_genes + 1) + 1.0))


@njit(cache=True, nogil=True)
def _fisher_greater(
    hits: np.ndarray, n_drawn: np.ndarray, sizes: np.ndarray, n_genes: int, log_factorial: np.ndarray
) -> np.ndarray:
    """Compute :func:`fisher_greater` by the shorter of the two tails."""
    out = np.empty(hits.shape)
    for cell in range(len(out)):
        n = n_drawn[cell]
        for s in range(len(sizes)):
            x, size = round(hits[cell, s]), sizes[s]
            if x <= max(0, n + size - n_genes):
                out[cell, s] = 1.0
            elif x * n_genes > n * size:
                out[cell, s] = min(_tail(x, 1, n, size, n_genes, log_factorial), 1.0)
            else:  # below the expected number of hits, the lower tail has fewer terms
                out[cell, s] = max(1 - _tail(x - 1, -1, n, size, n_genes, log_factorial), 0.0)
    return out


@njit(cache=True, nogil=True)
def _tail(x: int, step: int, n: int, size: int, n_genes: int, log_factorial: np.ndarray) -> float:
    """Sum the hypergeometric probabilities from ``x`` hits up (``step`` 1) or down (-1)."""
    n_outside = n_genes - size
    term = np.exp(
        _log_choose(size, x, log_factorial)
        + _log_choose(n_outside, n - x, log_factorial)
        - _log_choose(n_genes, n, log_factorial)
    )
    total = 0.0
    # Away from the expected number the terms only fall, each by a ratio of small integers. The sum ends where a further
    # term would not change a bit of it.
    while term > 1e-17 * total:
        total += term
        if step > 0:
            term *= (size - x) * (n - x) / ((x + 1) * (n_outside - n + x + 1))
        else:
            term *= x * (n_outside - n + x) / ((size - x + 1) * (n - x + 1))
        x += step
    return total


@njit(cache=True, nogil=True)
def _log_choose(n: int, k: int, log_factorial: np.ndarray) -> float:
    """Compute the logarithm of the binomial coefficient."""
    return float(log_factorial[n] - log_factorial[k] - log_factorial[n - k])
