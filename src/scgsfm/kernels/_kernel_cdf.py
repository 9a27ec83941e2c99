"""Which share of a gene's distribution over cells lies below a value: the kernel estimates of GSVA."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit

from ._numba_utils import copy_into
from ._ranks import ordered_keys, radix_order
from ._special import poisson_cdf

if TYPE_CHECKING:
    from numpy.typing import NDArray

GAUSSIAN, POISSON, STEPS = 0, 1, 2
KERNELS = {"gaussian": GAUSSIAN, "poisson": POISSON, "none": STEPS}
BANDWIDTHS_PER_SD = 4
WIDEST = 10
"""Bandwidths beyond which the normal distribution is 0 or 1."""
N_STEPS = 10_000
"""Steps up to there: GSVA takes the normal distribution from a table, and so do its scores."""


class KernelCDF(NamedTuple):
    """For each gene the estimated distribution function, by its values at nodes."""

    starts: NDArray[np.int64]
    """Where the nodes of each gene begin."""
    nodes: NDArray[np.float64]
    heights: NDArray[np.float64]


@lru_cache(maxsize=1)
def normal_steps() -> NDArray[np.float64]:
    """The normal distribution from ``-WIDEST`` to ``WIDEST`` and a step more on both sides, the lower half by symmetry."""
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
    """Estimate the distribution of each gene over the cells, at the values that occur.

    Parameters
    ----------
    starts, cells, values
        CSC arrays of cells × genes, the cells in order.
    n_cells
        Number of cells.
    kernel
        ``"gaussian"``: normal, with a quarter of the gene's standard deviation as bandwidth. ``"poisson"``: Poisson
        with the cell's count and a half as mean, for whole numbers. ``"none"``: the share of cells with at most that
        value.

    Returns
    -------
    Heights are log odds.
    """
    keys, _ = ordered_keys(values)
    return KernelCDF(*_kernel_cdf(starts, cells, keys, values, n_cells, KERNELS[kernel], normal_steps()))


@njit(cache=True, nogil=True, error_model="numpy")
def _kernel_cdf(starts, cells, keys, values, n_cells, kernel, normal):
    n_genes = len(starts) - 1
    ends = np.zeros(n_genes + 1, np.int64)
    nodes, heights = np.empty(len(values) + n_genes), np.empty(len(values) + n_genes)
    row, level_of = np.empty(n_cells), np.empty(n_cells, np.int64)
    work = level_workspace(n_cells)
    for gene in range(n_genes):
        stored = slice(starts[gene], starts[gene + 1])
        of_gene, own_level = cells[stored], np.empty(starts[gene + 1] - starts[gene], np.int64)
        levels, zero = levels_of(values[stored], keys[stored], own_level, work)
        row[:] = 0
        level_of[:] = zero
        for i in range(len(of_gene)):
            row[of_gene[i]] = values[starts[gene] + i]
            level_of[of_gene[i]] = own_level[i]
        below = _below(row, levels, level_of, kernel, normal)
        ends[gene + 1] = ends[gene] + len(levels)
        copy_into(nodes[ends[gene] :], levels)
        for i in range(len(levels)):
            heights[ends[gene] + i] = -1.0 * np.log((1.0 - below[i]) / below[i])
    return ends, nodes[: ends[-1]], heights[: ends[-1]]


@njit(cache=True, nogil=True)
def level_workspace(n):
    """Buffers for :func:`levels_of` and at most ``n`` values."""
    return np.empty((8, 256), np.int32), np.empty((2, n), np.int32), np.empty(n + 1)


@njit(cache=True, nogil=True)
def levels_of(values, keys, level_of, work):
    """The distinct values and zero, ascending; which of them each value is goes into ``level_of``, that of 0 comes back."""
    histogram, orders, levels = work
    n, zero = 0, -1
    for i in radix_order(keys, 8, histogram, orders):
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
def _standard_deviation(row):
    mean = 0.0
    for x in row:
        mean += x
    mean /= len(row)
    squares = 0.0
    for x in row:
        squares += (x - mean) ** 2
    return np.sqrt(squares / (len(row) - 1))


@njit(cache=True, nogil=True)
def _below(row, levels, level_of, kernel, normal):
    """Which share of the distribution lies below each level.

    The sums run over the cells in their order, as gseapy's: many genes have the same height but for rounding, by which
    they are then ordered.
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
        below_zero = np.zeros(len(levels))
        steps = np.empty(len(levels), np.int32)
        _add_normal(levels, 0.0, bandwidth, normal, steps, below_zero)
        for x in row:
            if x == 0:
                for i in range(len(levels)):
                    total[i] += below_zero[i]
            else:
                _add_normal(levels, x, bandwidth, normal, steps, total)
    else:
        columns = np.empty((len(levels), len(levels)))
        for i in range(len(levels)):
            for j in range(len(levels)):
                columns[i, j] = poisson_cdf(levels[j], levels[i] + 0.5)
        for i in level_of:
            for j in range(len(levels)):
                total[j] += columns[i, j]
    for i in range(len(levels)):
        total[i] /= len(row)
    return total


@njit(cache=True, nogil=True, error_model="numpy")
def _add_normal(levels, x, bandwidth, normal, steps, total) -> None:
    """Add the normal distribution around ``x`` at each level. Two loops, as the processor then does several at once."""
    last = np.int32(N_STEPS + 1)
    for i in range(len(levels)):
        step = np.int32((levels[i] - x) / bandwidth / WIDEST * N_STEPS)  # rounds towards 0
        steps[i] = min(max(step, -last), last)
    for i in range(len(levels)):
        total[i] += normal[np.uint32(steps[i] + last)]
