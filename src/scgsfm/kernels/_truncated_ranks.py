"""Truncated ranks, the gain of each gene in AUCell and UCell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from ._njit import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._ranks import Ranks


def truncated_ranks(
    ranks: Ranks, top: int, *, ties: Literal["expected", "average"]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""Compute the gain :math:`\max(M - r, 0)` of each gene from its rank :math:`r` in its cell, the highest value first.

    Parameters
    ----------
    ranks
        The ranks of a CSR matrix of cells.
    top
        The rank :math:`M` from which on the gain is 0.
    ties
        Tied genes have the mean of their gains over all orders (``"expected"``), or the gain of their mean rank
        (``"average"``). These differ for ties that extend across ``top``.

    Returns
    -------
    The gains of the values of the matrix, and for each cell the gain of its zeros.
    """
    # gains are computed for groups of ties, which are far fewer than values
    above = top - ranks.firsts
    inside = np.clip(above, 0, ranks.counts) if ties == "expected" else ranks.counts
    # the sum of top - r over the first `inside` ranks of each group
    total = inside * above - inside * (inside - 1) / 2
    gains = np.maximum(total, 0) / np.maximum(ranks.counts, 1)
    return _take(gains, ranks.groups), gains[ranks.zeros]


@njit(cache=True, nogil=True)
def _take(values: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Do what ``values[positions]`` does, without the copy of int32 positions to int64 that NumPy makes."""
    taken = np.empty(len(positions), values.dtype)
    for i in range(len(positions)):
        taken[i] = values[positions[i]]
    return taken
