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
    for i in range(len(z)):
        out[i], beyond = _log_tail(z[i], skewness[i], table)
        n_beyond += beyond
    return n_beyond


@njit(cache=True, nogil=True)
def _log_tail(z: float, skewness: float, table: np.ndarray) -> tuple[float, bool]:
    """Return the logarithm of twice the tail of a sum, and whether it is beyond the table."""
    # products instead of quotients, which take ten times as long
    y = abs(z) * (1 / Z_STEP)
    x = max((-skewness if z < 0 else skewness) * (1 / SKEWNESS_STEP), 0.0)
    if not (y < table.shape[1] - 2 and x < table.shape[0] - 2):
        return (np.nan if np.isnan(z) else 0.0), True
    # cubic interpolation between four nodes in both directions
    row, column = int(max(x - 1, 0.0)), int(max(y - 1, 0.0))
    a, b = x - row, y - column
    a12, a03, b12, b03 = (a - 1) * (a - 2), a * (a - 3), (b - 1) * (b - 2), b * (b - 3)
    b0, b1 = b12 * (b - 3) * (-1 / 6), b03 * (b - 2) * 0.5
    b2, b3 = b03 * (b - 1) * -0.5, b12 * b * (1 / 6)
    first, second, third, fourth = table[row], table[row + 1], table[row + 2], table[row + 3]
    c0, c1, c2, c3 = column, column + 1, column + 2, column + 3
    return (
        (b0 * first[c0] + b1 * first[c1] + b2 * first[c2] + b3 * first[c3]) * (a12 * (a - 3) * (-1 / 6))
        + (b0 * second[c0] + b1 * second[c1] + b2 * second[c2] + b3 * second[c3]) * (a03 * (a - 2) * 0.5)
        + (b0 * third[c0] + b1 * third[c1] + b2 * third[c2] + b3 * third[c3]) * (a03 * (a - 1) * -0.5)
        + (b0 * fourth[c0] + b1 * fourth[c1] + b2 * fourth[c2] + b3 * fourth[c3]) * (a12 * a * (1 / 6))
    ), False


def standardized_sums(
    sums: NDArray[np.float64],
    totals: NDArray[np.float64],
    scales: NDArray[np.float64],
    skews: NDArray[np.float64],
    means: NDArray[np.float64],
    stds: NDArray[np.float64],
    skewness: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compute z and two-sided p-values of weighted sums of a cell's values, over the orders of the genes.

    Parameters
    ----------
    sums
        Sums (cells × sets).
    totals, scales, skews
        For each set: the sum of the weights, the root of the sum of their squared deviations, and their skewness, which
        is a factor of the skewness of the sum.
    means, stds, skewness
        The same for the values of each cell.

    Returns
    -------
    z, with mean 0 and variance 1 over the orders of the genes, and p-values as of :func:`random_set_pvalues`.
    """
    z, pvalues = np.empty_like(sums), np.empty_like(sums)
    n_beyond = _standardized_sums(sums, totals, 1 / scales, skews, means, 1 / stds, skewness, _tail_table(), z, pvalues)
    np.exp(pvalues, out=pvalues)
    if n_beyond:
        of_sums = np.outer(skewness, skews)
        toward = np.where(z < 0, -of_sums, of_sums)
        beyond = (np.abs(z) >= Z_STEP * (N_Z - 1)) | (toward >= SKEWNESS_STEP * (N_SKEWNESS - 1))
        pvalues[beyond] = 2 * np.exp(_exact_log_tails(np.abs(z[beyond]), np.maximum(toward[beyond], 0)))
    return z, np.minimum(pvalues, 1, out=pvalues)


@njit(cache=True, nogil=True)
def _standardized_sums(
    sums: np.ndarray,
    totals: np.ndarray,
    per_scale: np.ndarray,
    skews: np.ndarray,
    means: np.ndarray,
    per_std: np.ndarray,
    skewness: np.ndarray,
    table: np.ndarray,
    z: np.ndarray,
    log_tails: np.ndarray,
) -> int:
    """Write z and the logarithms of twice the tails; return the number of values beyond the table."""
    n_beyond = 0
    for cell in range(sums.shape[0]):
        for s in range(sums.shape[1]):
            z[cell, s] = (sums[cell, s] - means[cell] * totals[s]) * (per_scale[s] * per_std[cell])
            log_tails[cell, s], beyond = _log_tail(z[cell, s], skewness[cell] * skews[s], table)
            n_beyond += beyond
    return n_beyond


@njit(cache=True, nogil=True)
def value_moments(
    values: NDArray[np.float64], zero: NDArray[np.float64], indptr: NDArray[np.integer], n_genes: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Compute the mean, the sample standard deviation and the sum of cubed deviations of each cell over all genes.

    Parameters
    ----------
    values, indptr
        Values of a CSR matrix of cells.
    zero
        For each cell, the value of the genes that are not stored.
    n_genes
        Number of genes, including those that the matrix does not store.
    """
    n_cells = len(indptr) - 1
    means, stds, cubes = np.empty(n_cells), np.empty(n_cells), np.empty(n_cells)
    for cell in range(n_cells):
        row, base = values[indptr[cell] : indptr[cell + 1]], zero[cell]
        total = 0.0
        for value in row:
            total += value - base
        mean = base + total / n_genes
        rest = base - mean
        square, cube = (n_genes - len(row)) * rest**2, (n_genes - len(row)) * rest**3
        for value in row:
            deviation = value - mean
            square += deviation * deviation
            cube += deviation * deviation * deviation
        means[cell], cubes[cell] = mean, cube
        stds[cell] = np.sqrt(square / (n_genes - 1)) if n_genes > 1 else np.nan
    return means, stds, cubes
