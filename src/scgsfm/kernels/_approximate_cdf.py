"""Approximate CDFs: kernel estimates of GSVA from a sample of cells, as nodes between which to interpolate."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ._kernel_cdf import (
    BANDWIDTHS_PER_SD,
    KERNELS,
    N_STEPS,
    POISSON,
    STEPS,
    WIDEST,
    KernelCDF,
    level_buffers,
    levels_of,
    normal_steps,
)
from ._njit import njit
from ._numba_utils import copy_into
from ._ranks import ordered_keys
from ._special import poisson_cdf

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_RISE = 5e-4
"""How much a CDF may rise between two nodes..."""
PER_BANDWIDTH = 8
"""...unless the nodes are closer than this fraction of a bandwidth. The second derivative of the CDF is below 0.242 /
bandwidth², so that linear interpolation then errs by less."""

MAX_HALVINGS = 100


class MomentsOverCells(NamedTuple):
    """Moments of each gene over all cells."""

    zero_shares: np.ndarray
    means: np.ndarray
    deviations: np.ndarray


def approximate_cdf(
    starts: NDArray[np.integer],
    values: NDArray[np.float64],
    zero_shares: NDArray[np.float64],
    means: NDArray[np.float64],
    deviations: NDArray[np.float64],
    *,
    kernel: str,
) -> KernelCDF:
    """Estimate the CDF of each gene from a sample of its values, in a form that can be evaluated at any value.

    Parameters
    ----------
    starts, values
        For each gene a sample of its nonzero values.
    zero_shares, means, deviations
        For each gene the fraction of zeros, the mean of the other values and the standard deviation of all values, over
        all cells.
    kernel
        As for :func:`kernel_cdf`.

    Returns
    -------
    The CDFs. Heights are fractions. Interpolated linearly (not with ``"none"``), they are accurate to ``MAX_RISE``.
    """
    keys, _ = ordered_keys(values)
    gene_moments = MomentsOverCells(zero_shares, means, deviations)
    return KernelCDF(*_approximate_cdf(starts, keys, values, gene_moments, KERNELS[kernel], normal_steps()))


@njit(cache=True, nogil=True)
def _approximate_cdf(
    starts: np.ndarray,
    keys: np.ndarray,
    values: np.ndarray,
    gene_moments: MomentsOverCells,
    kernel: int,
    normal: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute :func:`approximate_cdf`, one gene after the other."""
    zero_shares, means, deviations = gene_moments
    n_genes = len(starts) - 1
    ends = np.zeros(n_genes + 1, np.int64)
    nodes, heights = np.empty(1024), np.empty(1024)
    level_of = np.empty(len(values), np.int64)
    buffers = level_buffers(len(values) + 1)
    for gene in range(n_genes):
        stored = slice(starts[gene], starts[gene + 1])
        levels, zero = levels_of(values[stored], keys[stored], level_of[stored], buffers)
        # no nonzero value is in the sample, although there are some: their mean stands in for them
        if len(levels) == 1 and zero_shares[gene] < 1:
            levels = np.array([min(means[gene], 0.0), max(means[gene], 0.0)])
            zero = int(means[gene] < 0)
        weights = _weights(len(levels), zero, zero_shares[gene], level_of[stored])
        bandwidth = deviations[gene] / BANDWIDTHS_PER_SD
        end = ends[gene]
        if kernel == STEPS:
            nodes, heights = _grow(nodes, end + len(levels)), _grow(heights, end + len(levels))
            copy_into(nodes[end:], levels)
            copy_into(heights[end:], np.cumsum(weights))
            end += len(levels)
        elif kernel != POISSON and bandwidth == 0:
            nodes, heights = _grow(nodes, end + 3), _grow(heights, end + 3)
            value = levels[np.argmax(weights)]
            nodes[end], nodes[end + 1], nodes[end + 2] = (
                np.nextafter(value, -np.inf),
                value,
                np.nextafter(value, np.inf),
            )
            heights[end], heights[end + 1], heights[end + 2] = 0.0, 0.5, 1.0
            end += 3
        else:
            nodes, heights, end = _append_nodes(levels, weights, kernel, bandwidth, normal, nodes, heights, end)
        ends[gene + 1] = end
    return ends, nodes[: ends[-1]], heights[: ends[-1]]


@njit(cache=True, nogil=True)
def _weights(n: int, zero: int, zero_share: float, level_of: np.ndarray) -> np.ndarray:
    """Compute the weight of each level: the fraction of zeros is known, the rest goes to the sampled values evenly."""
    weights = np.zeros(n)
    for i in level_of:
        weights[i] += (1 - zero_share) / len(level_of)
    if len(level_of) == 0:
        weights[:] = 1 - zero_share
    weights[zero] = zero_share
    return weights


@njit(cache=True, nogil=True)
def _grow(array: np.ndarray, size: int) -> np.ndarray:
    """Return the array, or a longer copy of it if it is shorter than ``size``.

    Doubling the length bounds the copies by the final size.
    """
    if size <= len(array):
        return array
    longer = np.empty(2 * size)
    copy_into(longer, array)
    return longer


@njit(cache=True, nogil=True)
def _append_nodes(
    levels: np.ndarray,
    weights: np.ndarray,
    kernel: int,
    bandwidth: float,
    normal: np.ndarray,
    nodes: np.ndarray,
    heights: np.ndarray,
    end: int,
) -> tuple[np.ndarray, np.ndarray, int]:
    """Append nodes and heights between which linear interpolation is accurate.

    Intervals are halved until the CDF rises little in each, so that nodes are dense only where the CDF bends. The right
    ends of the intervals that are still open form a stack.
    """
    if kernel == POISSON:
        low, high = 0.0, np.ceil(levels[-1] + WIDEST * (1 + np.sqrt(levels[-1])))
    else:
        low, high = levels[0] - WIDEST * bandwidth, levels[-1] + WIDEST * bandwidth
    open_ends = np.empty((MAX_HALVINGS, 2))
    open_ends[0, 0], open_ends[0, 1] = high, _height(high, levels, weights, kernel, bandwidth, normal)
    open_ends[1, 0], open_ends[1, 1] = 0.0, _height(0.0, levels, weights, kernel, bandwidth, normal)
    n_open = 2 if low < 0 else 1
    left, left_height = low, _height(low, levels, weights, kernel, bandwidth, normal)
    nodes, heights = _grow(nodes, end + 1), _grow(heights, end + 1)
    nodes[end], heights[end] = left, left_height
    end += 1
    while n_open > 0:
        right, right_height = open_ends[n_open - 1, 0], open_ends[n_open - 1, 1]
        gap = right - left
        close = max(1.0, np.sqrt(left) / PER_BANDWIDTH) if kernel == POISSON else bandwidth / PER_BANDWIDTH
        if right_height - left_height <= MAX_RISE or gap <= close or n_open == MAX_HALVINGS:
            nodes, heights = _grow(nodes, end + 1), _grow(heights, end + 1)
            nodes[end], heights[end] = right, right_height
            left, left_height = right, right_height
            end += 1
            n_open -= 1
        else:
            middle = left + (np.floor(gap / 2) if kernel == POISSON else gap / 2)
            open_ends[n_open, 0] = middle
            open_ends[n_open, 1] = _height(middle, levels, weights, kernel, bandwidth, normal)
            n_open += 1
    return nodes, heights, end


@njit(cache=True, nogil=True)
def _height(
    value: float, levels: np.ndarray, weights: np.ndarray, kernel: int, bandwidth: float, normal: np.ndarray
) -> float:
    """Evaluate the kernel estimate itself at a value."""
    total = 0.0
    for i in range(len(levels)):
        if kernel == POISSON:
            below = poisson_cdf(value, levels[i] + 0.5)
        else:
            step = (value - levels[i]) / bandwidth / WIDEST * N_STEPS
            step = min(max(step, -N_STEPS - 1.0), N_STEPS + 1.0)
            below = normal[np.int64(step) + (N_STEPS + 1)]
        total += weights[i] * below
    return total
