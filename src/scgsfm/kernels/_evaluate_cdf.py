from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._kernel_cdf import KernelCDF


def evaluate_cdf(
    curves: KernelCDF, genes: NDArray[np.integer], values: NDArray[np.float64], *, interpolate: bool
) -> NDArray[np.float64]:
    """The height of each gene's curve at a value: that of the last node up to it, or between two nodes in proportion.

    Beyond the nodes the curves are level; below the first node, those that aren't interpolated are 0.
    """
    return _evaluate_cdf(*curves, genes, values, interpolate)


@njit(cache=True, nogil=True)
def _evaluate_cdf(starts, nodes, heights, genes, values, interpolate):
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
            share = (values[i] - nodes[left]) / (nodes[left + 1] - nodes[left])
            out[i] = heights[left] + share * (heights[left + 1] - heights[left])
    return out
