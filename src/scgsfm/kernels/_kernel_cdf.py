"""Kernel estimates of a gene's cumulative distribution function (CDF) over cells, as in GSVA, and their evaluation."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ._njit import njit
from ._numba_utils import copy_into
from ._ranks import ordered_keys, radix_order
from ._special import poisson_cdf

if TYPE_CHECKING:
    from numpy.typing import NDArray

GAUSSIAN, POISSON, STEPS = 0, 1, 2
KERNELS = {"gaussian": GAUSSIAN, "poisson": POISSON, "none": STEPS}
BANDWIDTHS_PER_SD = 4
WIDEST = 10
"""Number of bandwidths beyond which the normal CDF is 0 or 1."""
N_STEPS = 10_000
"""Steps of the table of the normal CDF from 0 to ``WIDEST``. GSVA uses this table, so its scores need it, too."""


class KernelCDF(NamedTuple):
    """The estimated CDF of each gene, by its heights at nodes."""

    starts: NDArray[np.int64]
    """Where the nodes of each gene begin."""
    nodes: NDArray[np.float64]
    heights: NDArray[np.float64]


class LevelBuffers(NamedTuple):
    """Work space of :func:`levels_of`, allocated once for all genes."""

    histogram: np.ndarray
    orders: np.ndarray
    levels: np.ndarray


@lru_cache(maxsize=1)
def normal_steps() -> NDArray[np.float64]:
    """Tabulate the normal CDF from ``-WIDEST`` to ``WIDEST`` and one step beyond; the lower half by symmetry."""
    from scipy.special import ndtr

    upper = ndtr(np.arange(N_STEPS + 2) * WIDEST / N_STEPS)
    return np.concatenate([1 - upper[:0:-1], upper])


def kernel_cdf(
    starts: NDArray[np.integer],
    cells: NDArray[np.integer],
    values: NDArray[np.float64],
    n_cells: int,
    *,
    kernel: str,
) -> KernelCDF:
    r"""Estimate the CDF of each gene over the cells, at the values that occur.

    :math:`\hat F_g(x) = \frac{1}{n} \sum_{k=1}^n K\left(\frac{x - x_{gk}}{h_g}\right)` with the bandwidth :math:`h_g`,
    a quarter of the gene's standard deviation.

    Parameters
    ----------
    starts, cells, values
        CSC arrays of cells × genes with sorted indices.
    n_cells
        Number of cells.
    kernel
        :math:`K`: ``"gaussian"``, the normal CDF; ``"poisson"``, the Poisson CDF with mean :math:`x_{gk} + 0.5`, for
        counts; ``"none"``, a step, which gives the empirical CDF.

    Returns
    -------
    The CDFs. Heights are log odds.
    """
    keys, _ = ordered_keys(values)
    return KernelCDF(*_kernel_cdf(starts, cells, keys, values, n_cells, KERNELS[kernel], normal_steps()))


@njit(cache=True, nogil=True, error_model="numpy")
def _kernel_cdf(
    starts: np.ndarray,
    cells: np.ndarray,
    keys: np.ndarray,
    values: np.ndarray,
    n_cells: int,
    kernel: int,
    normal: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute :func:`kernel_cdf`, one gene after the other.

    A CDF is needed only at the distinct values of a gene, which are few where values come from counts.
    """
    n_genes = len(starts) - 1
    ends = np.zeros(n_genes + 1, np.int64)
    nodes, heights = np.empty(len(values) + n_genes), np.empty(len(values) + n_genes)
    row, level_of = np.empty(n_cells), np.empty(n_cells, np.int64)
    buffers = level_buffers(n_cells)
    for gene in range(n_genes):
        stored = slice(starts[gene], starts[gene + 1])
        stored_cells, stored_level = cells[stored], np.empty(starts[gene + 1] - starts[gene], np.int64)
        levels, zero = levels_of(values[stored], keys[stored], stored_level, buffers)
        row[:] = 0
        level_of[:] = zero
        for i in range(len(stored_cells)):
            row[stored_cells[i]] = values[starts[gene] + i]
            level_of[stored_cells[i]] = stored_level[i]
        below = _below(row, levels, level_of, kernel, normal)
        ends[gene + 1] = ends[gene] + len(levels)
        copy_into(nodes[ends[gene] :], levels)
        for i in range(len(levels)):
            heights[ends[gene] + i] = -1.0 * np.log((1.0 - below[i]) / below[i])
    return ends, nodes[: ends[-1]], heights[: ends[-1]]


@njit(cache=True, nogil=True)
def level_buffers(n: int) -> LevelBuffers:
    """Allocate the buffers of :func:`levels_of` for at most ``n`` values."""
    return LevelBuffers(np.empty((8, 256), np.int32), np.empty((2, n), np.int32), np.empty(n + 1))


@njit(cache=True, nogil=True)
def levels_of(
    values: np.ndarray, keys: np.ndarray, level_of: np.ndarray, buffers: LevelBuffers
) -> tuple[np.ndarray, int]:
    """Find the levels: the distinct values and zero, ascending.

    Writes the level of each value into ``level_of``. Returns the levels and the position of zero among them.
    """
    levels = buffers.levels
    n, zero = 0, -1
    for i in radix_order(keys, 8, buffers.histogram, buffers.orders):
        value = values[i]
        if zero < 0 and value >= 0:
            zero = n
            levels[n] = 0
            n += 1
        if n == 0 or levels[n - 1] != value:
            levels[n] = value
            n += 1
        level_of[i] = n - 1
    if zero < 0:
        zero = n
        levels[n] = 0
        n += 1
    return levels[:n], zero


@njit(cache=True, nogil=True)
def _standard_deviation(row: np.ndarray) -> float:
    """Compute the sample standard deviation in two passes, in the order of the cells, as gseapy does."""
    mean = 0.0
    for x in row:
        mean += x
    mean /= len(row)
    squares = 0.0
    for x in row:
        squares += (x - mean) ** 2
    return float(np.sqrt(squares / (len(row) - 1)))


@njit(cache=True, nogil=True)
def _below(row: np.ndarray, levels: np.ndarray, level_of: np.ndarray, kernel: int, normal: np.ndarray) -> np.ndarray:
    """Compute the CDF at each level.

    The sums run over the cells in their order, as gseapy's do. Many genes have the same height except for rounding, and
    rounding then decides their order.
    """
    total = np.zeros(len(levels))
    if kernel == STEPS:
        for i in level_of:
            total[i] += 1
        for i in range(1, len(levels)):
            total[i] += total[i - 1]
    elif kernel == GAUSSIAN:
        bandwidth = _standard_deviation(row) / BANDWIDTHS_PER_SD
        if bandwidth == 0:
            total[:] = 0.5
            return total
        _sum_normal(row, levels, bandwidth, normal, total)
    else:
        _sum_poisson(levels, level_of, total)
    for i in range(len(levels)):
        total[i] /= len(row)
    return total


@njit(cache=True, nogil=True)
def _sum_normal(row: np.ndarray, levels: np.ndarray, bandwidth: float, normal: np.ndarray, total: np.ndarray) -> None:
    """Sum the normal CDFs around the values of all cells, at each level.

    Most cells are zero in most genes, so the CDF around 0 is computed once.
    """
    below_zero = np.zeros(len(levels))
    steps = np.empty(len(levels), np.int32)
    _add_normal(levels, 0.0, bandwidth, normal, steps, below_zero)
    for x in row:
        if x == 0:
            for i in range(len(levels)):
                total[i] += below_zero[i]
        else:
            _add_normal(levels, x, bandwidth, normal, steps, total)


@njit(cache=True, nogil=True)
def _sum_poisson(levels: np.ndarray, level_of: np.ndarray, total: np.ndarray) -> None:
    """Sum the Poisson CDFs of all cells, at each level. They depend only on the level, so each is computed once."""
    columns = np.empty((len(levels), len(levels)))
    for i in range(len(levels)):
        for j in range(len(levels)):
            columns[i, j] = poisson_cdf(levels[j], levels[i] + 0.5)
    for i in level_of:
        for j in range(len(levels)):
            total[j] += columns[i, j]


@njit(cache=True, nogil=True, error_model="numpy")
def _add_normal(
    levels: np.ndarray, x: float, bandwidth: float, normal: np.ndarray, steps: np.ndarray, total: np.ndarray
) -> None:
    """Add the normal CDF around ``x`` at each level.

    The arithmetic and the look-up are two loops, because only the first can be vectorized.
    """
    last = np.int32(N_STEPS + 1)
    for i in range(len(levels)):
        step = np.int32((levels[i] - x) / bandwidth / WIDEST * N_STEPS)  # rounds towards 0
        steps[i] = min(max(step, -last), last)
    for i in range(len(levels)):
        total[i] += normal[np.uint32(steps[i] + last)]


def evaluate_cdf(
    cdf: KernelCDF, genes: NDArray[np.integer], values: NDArray[np.float64], *, interpolate: bool
) -> NDArray[np.float64]:
    """Evaluate the CDFs of genes at one value each.

    Parameters
    ----------
    cdf
        The CDFs.
    genes, values
        At which value of which gene to evaluate.
    interpolate
        Whether to interpolate linearly between two nodes, or to take the height of the last node up to the value.

    Returns
    -------
    The heights. Beyond the last node a CDF is constant. Below the first node it is constant if interpolated, else 0.
    """
    return _evaluate_cdf(cdf, genes, values, interpolate)


@njit(cache=True, nogil=True)
def _evaluate_cdf(cdf: KernelCDF, genes: np.ndarray, values: np.ndarray, interpolate: bool) -> np.ndarray:
    """Compute :func:`evaluate_cdf` by a binary search for each value, free of branches that the CPU could mispredict."""
    starts, nodes, heights = cdf
    out = np.empty(len(values))
    for i in range(len(values)):
        first, last = starts[genes[i]], starts[genes[i] + 1] - 1
        left, stop = first - 1, last + 1
        while stop - left > 1:
            middle = (left + stop) >> 1
            below = nodes[middle] <= values[i]
            left, stop = middle if below else left, stop if below else middle
        if left < first:
            out[i] = heights[first] if interpolate else 0.0
        elif left == last or not interpolate:
            out[i] = heights[left]
        else:
            fraction = (values[i] - nodes[left]) / (nodes[left + 1] - nodes[left])
            out[i] = heights[left] + fraction * (heights[left + 1] - heights[left])
    return out
