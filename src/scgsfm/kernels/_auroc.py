from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def auroc(
    scores: NDArray[np.floating],
    held_indptr: NDArray[np.integer],
    held: NDArray[np.integer],
    rivals_of: NDArray[np.integer],
    member_indptr: NDArray[np.integer],
    members: NDArray[np.integer],
    universe: NDArray[np.integer],
) -> NDArray[np.float64]:
    """Which share of its rivals each held-out gene outscores; ties count half. The mean over genes is an AUROC.

    Parameters
    ----------
    scores
        Rows × genes.
    held_indptr, held
        The held-out genes of each row.
    rivals_of
        The set of each row: its genes are no rivals.
    member_indptr, members
        The genes of each set.
    universe
        The genes that can be rivals.

    Returns
    -------
    A share for each entry of ``held``; NaN where there are no rivals.
    """
    out = np.full(len(held), np.nan)
    member = np.zeros(scores.shape[1], np.bool_)
    for row in range(len(scores)):
        own = members[member_indptr[rivals_of[row]] : member_indptr[rivals_of[row] + 1]]
        member[own] = True
        genes = held[held_indptr[row] : held_indptr[row + 1]]
        order = np.argsort(scores[row][genes])
        high = scores[row][genes][order]
        counts = np.zeros(len(high) + 1)
        for gene in universe:
            if not member[gene]:
                value = scores[row, gene]
                counts[np.searchsorted(high, value)] += 1
                counts[np.searchsorted(high, value, side="right")] += 1
        total, below = counts.sum(), 0.0
        for i in range(len(high)):
            below += counts[i]
            if total > 0:
                out[held_indptr[row] + order[i]] = below / total
        member[own] = False
    return out
