from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._ranks import Ranks


def truncated_ranks(
    ranks: Ranks, top: int, *, ties: Literal["expected", "average"]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What each gene gains by its rank ``r`` in its cell, the highest value first: ``max(top - r, 0)``.

    Parameters
    ----------
    ranks
        The ranks of a CSR matrix of cells.
    top
        Rank from which on nothing is gained.
    ties
        Tied genes gain the mean of their gains over all orders (``"expected"``), or what their mean rank gains
        (``"average"``). These differ for ties that lie across ``top``.

    Returns
    -------
    The gains of the values of the matrix, and for each cell the gain of its zeros.
    """
    above = top - ranks.firsts
    inside = np.clip(above, 0, ranks.counts) if ties == "expected" else ranks.counts
    # the sum of top - r over the first `inside` ranks of each group
    total = inside * above - inside * (inside - 1) / 2
    gains = np.maximum(total, 0) / np.maximum(ranks.counts, 1)
    return _take(gains, ranks.groups), gains[ranks.zeros]


@njit(cache=True, nogil=True)
def _take(values, places):
    """What indexing gives, without the copy of the places that it makes."""
    taken = np.empty(len(places), values.dtype)
    for i in range(len(places)):
        taken[i] = values[places[i]]
    return taken
