"""p-values of weighted sums over the genes of a set, against random sets of genes."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from ._njit import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

Z_STEP, N_Z = 0.25, 144
"""The table ends at a distance of 36 standard deviations."""
SKEWNESS_STEP, N_SKEWNESS = 0.025, 160
"""The table ends at a skewness of 4."""


@njit(cache=True, nogil=True)
def third_moments(
    data: NDArray[np.float64], indptr: NDArray[np.integer], n_genes: int, means: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Compute the sum of the cubed deviations from the mean over all genes of each cell, zeros included.

    Parameters
    ----------
    data, indptr
        Values of a CSR matrix of cells.
    n_genes
        Number of genes, including those that the matrix does not store.
    means
        Mean of each cell.
    """
    cubes = np.empty(len(indptr) - 1)
    for cell in range(len(cubes)):
        row = data[indptr[cell] : indptr[cell + 1]]
        mean = means[cell]
        total = -(n_genes - len(row)) * mean * mean * mean
        for value in row:
            total += (value - mean) * (value - mean) * (value - mean)
        cubes[cell] = total
    return cubes


def random_set_pvalues(z: NDArray[np.float64], skewness: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Compute two-sided p-values of standardized sums over sets, for genes in random order.

    The sums have the skewness :math:`\gamma`. The tail on the side of the skew is that of the Pearson III distribution: with
    :math:`k = 4 / \gamma^2`, the upper tail of the gamma distribution of shape :math:`k` at :math:`k + 2 z / \gamma`. The
    other tail is lighter than that of the normal distribution, which is used for it. The p-value is twice the tail.

    The logarithm of the tail is interpolated in a table of :math:`z` and :math:`\gamma`, since SciPy's incomplete gamma
    function takes longer than the scores themselves. The relative error is below 1e-3 where p is above 1e-15.

    Parameters
    ----------
    z
        Sums (cells × sets), with mean 0 and variance 1 over the orders of the genes.
    skewness
        Skewness of each sum (cells × sets).
    """
    z, skewness = np.ascontiguousarray(z), np.ascontiguousarray(skewness)
    out = np.empty_like(z)
    n_beyond = _log_tails(z.ravel(), skewness.ravel(), _tail_table(), out.ravel())
    np.exp(out, out=out)
    if n_beyond:
        toward = np.where(z < 0, -skewness, skewness)
        beyond = (np.abs(z) >= Z_STEP * (N_Z - 1)) | (toward >= SKEWNESS_STEP * (N_SKEWNESS - 1))
        out[beyond] = 2 * np.exp(_exact_log_tails(np.abs(z[beyond]), np.maximum(toward[beyond], 0)))
    return np.minimum(out, 1, out=out)


def _exact_log_tails(z: NDArray[np.float64], skewness: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute the logarithms of the upper tails for z >= 0 and skewness >= 0 by SciPy."""
    from scipy.special import gammaincc, log_ndtr

    skewed = skewness > SKEWNESS_STEP / 2
    shape = 4 / np.where(skewed, skewness, 1) ** 2
    with np.errstate(divide="ignore"):
        tails = np.log(gammaincc(shape, shape + 2 * z / np.where(skewed, skewness, 1)))
    exact: NDArray[np.float64] = np.where(skewed, tails, log_ndtr(-z))
    return exact


@cache
def _tail_table() -> NDArray[np.float64]:
    """Logarithms of twice the tail at the nodes (skewness × z)."""
    z, skewness = Z_STEP * np.arange(N_Z + 1), SKEWNESS_STEP * np.arange(N_SKEWNESS + 1)
    return np.ascontiguousarray(np.log(2) + _exact_log_tails(*np.broadcast_arrays(z[None, :], skewness[:, None])))


@njit(cache=True, nogil=True)
def _log_tails(z: np.ndarray, skewness: np.ndarray, table: np.ndarray, out: np.ndarray) -> int:
    """Write the logarithms of twice the tails to ``out``; return the number of values beyond the table."""
    n_beyond = 0
    n_rows, n_columns = table.shape[0] - 2, table.shape[1] - 2
    for i in range(len(z)):
        y = abs(z[i]) / Z_STEP
        x = (-skewness[i] if z[i] < 0 else skewness[i]) / SKEWNESS_STEP
        x = max(x, 0.0)
        if not (y < n_columns and x < n_rows):
            out[i] = np.nan if np.isnan(z[i]) else 0.0
            n_beyond += 1
            continue
        # cubic interpolation between four nodes in both directions
        row, column = int(max(x - 1, 0.0)), int(max(y - 1, 0.0))
        a, b = x - row, y - column
        a0, a1 = -(a - 1) * (a - 2) * (a - 3) / 6, a * (a - 2) * (a - 3) / 2
        a2, a3 = -a * (a - 1) * (a - 3) / 2, a * (a - 1) * (a - 2) / 6
        b0, b1 = -(b - 1) * (b - 2) * (b - 3) / 6, b * (b - 2) * (b - 3) / 2
        b2, b3 = -b * (b - 1) * (b - 3) / 2, b * (b - 1) * (b - 2) / 6
        total = 0.0
        for step in range(4):
            nodes = table[row + step]
            line = b0 * nodes[column] + b1 * nodes[column + 1] + b2 * nodes[column + 2] + b3 * nodes[column + 3]
            total += line * (a0 if step == 0 else a1 if step == 1 else a2 if step == 2 else a3)
        out[i] = total
    return n_beyond
