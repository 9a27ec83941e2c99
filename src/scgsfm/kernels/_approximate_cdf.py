from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from ._kernel_cdf import (
    BANDWIDTHS_PER_SD,
    KERNELS,
    N_STEPS,
    POISSON,
    STEPS,
    WIDEST,
    KernelCDF,
    level_workspace,
    levels_of,
    normal_steps,
)
from ._numba_utils import copy_into
from ._ranks import ordered_keys
from ._special import poisson_cdf

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_RISE = 5e-4
"""By as much a curve may rise between two nodes..."""
PER_BANDWIDTH = 8
"""...unless these are so close that it can't be bent by more: its second derivative is below 0.242 / bandwidth²."""

MOST_HALVINGS = 100


def approximate_cdf(
    starts: NDArray[np.integer],
    values: NDArray[np.float64],
    zero_shares: NDArray[np.float64],
    means: NDArray[np.float64],
    deviations: NDArray[np.float64],
    *,
    kernel: str,
) -> KernelCDF:
    """Estimate the distribution of each gene from some of its values, so that it can be had at any value.

    Parameters
    ----------
    starts, values
        For each gene some of the values that aren't zero.
    zero_shares, means, deviations
        For each gene the share of zeros, the mean of the other values and the standard deviation of all, over all
        cells.
    kernel
        As for :func:`curves`.

    Returns
    -------
    Heights are shares. Interpolated in proportion, except with ``"none"``, they are good to ``MAX_RISE``.
    """
    keys, _ = ordered_keys(values)
    moments = zero_shares, means, deviations
    return KernelCDF(*_approximate_cdf(starts, keys, values, *moments, KERNELS[kernel], normal_steps()))


@njit(cache=True, nogil=True)
def _approximate_cdf(starts, keys, values, zero_shares, means, deviations, kernel, normal):
    n_genes = len(starts) - 1
    ends = np.zeros(n_genes + 1, np.int64)
    nodes, heights = np.empty(1024), np.empty(1024)
    level_of = np.empty(len(values), np.int64)
    work = level_workspace(len(values) + 1)
    for gene in range(n_genes):
        stored = slice(starts[gene], starts[gene + 1])
        levels, zero = levels_of(values[stored], keys[stored], level_of[stored], work)
        if len(levels) == 1 and zero_shares[gene] < 1:
            levels = np.array([min(means[gene], 0.0), max(means[gene], 0.0)])
            zero = np.int64(means[gene] < 0)
        weights = _weights(len(levels), zero, zero_shares[gene], level_of[stored])
        bandwidth = deviations[gene] / BANDWIDTHS_PER_SD
        end = ends[gene]
        if kernel == STEPS:
            nodes, heights = _room(nodes, end + len(levels)), _room(heights, end + len(levels))
            copy_into(nodes[end:], levels)
            copy_into(heights[end:], np.cumsum(weights))
            end += len(levels)
        elif kernel != POISSON and bandwidth == 0:
            nodes, heights = _room(nodes, end + 3), _room(heights, end + 3)
            value = levels[np.argmax(weights)]
            nodes[end], nodes[end + 1], nodes[end + 2] = (
                np.nextafter(value, -np.inf),
                value,
                np.nextafter(value, np.inf),
            )
            heights[end], heights[end + 1], heights[end + 2] = 0.0, 0.5, 1.0
            end += 3
        else:
            nodes, heights, end = _interpolable(levels, weights, kernel, bandwidth, normal, nodes, heights, end)
        ends[gene + 1] = end
    return ends, nodes[: ends[-1]], heights[: ends[-1]]


@njit(cache=True, nogil=True)
def _weights(n, zero, zero_share, level_of):
    """The shares of the levels: that of zero is known, the others have the rest, evenly by how often they occur."""
    weights = np.zeros(n)
    for i in level_of:
        weights[i] += (1 - zero_share) / len(level_of)
    if len(level_of) == 0:
        weights[:] = 1 - zero_share
    weights[zero] = zero_share
    return weights


@njit(cache=True, nogil=True)
def _room(array, size):
    """The array, longer if it has to be."""
    if size <= len(array):
        return array
    longer = np.empty(2 * size)
    copy_into(longer, array)
    return longer


@njit(cache=True, nogil=True)
def _interpolable(levels, weights, kernel, bandwidth, normal, nodes, heights, end):
    """Append nodes, found by halving intervals, and heights between which to interpolate."""
    if kernel == POISSON:
        low, high = 0.0, np.ceil(levels[-1] + WIDEST * (1 + np.sqrt(levels[-1])))
    else:
        low, high = levels[0] - WIDEST * bandwidth, levels[-1] + WIDEST * bandwidth
    waiting = np.empty((MOST_HALVINGS, 2))
    waiting[0, 0], waiting[0, 1] = high, _height(high, levels, weights, kernel, bandwidth, normal)
    waiting[1, 0], waiting[1, 1] = 0.0, _height(0.0, levels, weights, kernel, bandwidth, normal)
    n_waiting = 2 if low < 0 else 1
    left, left_height = low, _height(low, levels, weights, kernel, bandwidth, normal)
    nodes, heights = _room(nodes, end + 1), _room(heights, end + 1)
    nodes[end], heights[end] = left, left_height
    end += 1
    while n_waiting > 0:
        right, right_height = waiting[n_waiting - 1, 0], waiting[n_waiting - 1, 1]
        gap = right - left
        close = max(1.0, np.sqrt(left) / PER_BANDWIDTH) if kernel == POISSON else bandwidth / PER_BANDWIDTH
        if right_height - left_height <= MAX_RISE or gap <= close or n_waiting == MOST_HALVINGS:
            nodes, heights = _room(nodes, end + 1), _room(heights, end + 1)
            nodes[end], heights[end] = right, right_height
            left, left_height = right, right_height
            end += 1
            n_waiting -= 1
        else:
            middle = left + (np.floor(gap / 2) if kernel == POISSON else gap / 2)
            waiting[n_waiting, 0] = middle
            waiting[n_waiting, 1] = _height(middle, levels, weights, kernel, bandwidth, normal)
            n_waiting += 1
    return nodes, heights, end


@njit(cache=True, nogil=True)
def _height(value, levels, weights, kernel, bandwidth, normal):
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
