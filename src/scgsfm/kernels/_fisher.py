from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray


def fisher_greater(
    hits: NDArray[np.floating], n_drawn: NDArray[np.integer], sizes: NDArray[np.integer], n_genes: int
) -> NDArray[np.float64]:
    """p-values of Fisher's exact test for more hits than chance gives.

    Parameters
    ----------
    hits
        How many of the genes drawn in each cell are in each set (cells × sets).
    n_drawn
        Number of genes drawn in each cell.
    sizes
        Number of genes of each set.
    n_genes
        Number of all genes.

    Returns
    -------
    Probabilities (cells × sets) of as many hits or more among ``n_drawn`` genes drawn at random.
    """
    from scipy.special import gammaln

    return _fisher_greater(hits, n_drawn, sizes, n_genes, gammaln(np.arange(n_genes + 1) + 1.0))


@njit(cache=True, nogil=True)
def _fisher_greater(hits, n_drawn, sizes, n_genes, log_factorial):
    out = np.empty(hits.shape)
    for cell in range(len(out)):
        n = n_drawn[cell]
        for s in range(len(sizes)):
            x, size = int(round(hits[cell, s])), sizes[s]
            if x <= max(0, n + size - n_genes):
                out[cell, s] = 1.0
            elif x * n_genes > n * size:
                out[cell, s] = min(_tail(x, 1, n, size, n_genes, log_factorial), 1.0)
            else:  # the other tail is the shorter way
                out[cell, s] = max(1 - _tail(x - 1, -1, n, size, n_genes, log_factorial), 0.0)
    return out


@njit(cache=True, nogil=True)
def _tail(x, step, n, size, n_genes, log_factorial):
    """Sum of the hypergeometric probabilities from ``x`` hits up (``step`` 1) or down (-1)."""
    other = n_genes - size
    term = np.exp(
        _log_choose(size, x, log_factorial)
        + _log_choose(other, n - x, log_factorial)
        - _log_choose(n_genes, n, log_factorial)
    )
    total = 0.0
    while term > 1e-17 * total:
        total += term
        if step > 0:
            term *= (size - x) * (n - x) / ((x + 1) * (other - n + x + 1))
        else:
            term *= x * (other - n + x) / ((size - x + 1) * (n - x + 1))
        x += step
    return total


@njit(cache=True, nogil=True)
def _log_choose(n, k, log_factorial):
    return log_factorial[n] - log_factorial[k] - log_factorial[n - k]
