from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numba import njit

from ._ties import ordered_keys, tie_groups, workspace

if TYPE_CHECKING:
    from numpy.typing import NDArray


def rank_gains(
    data: NDArray[np.floating],
    indptr: NDArray[np.integer],
    n_genes: int,
    top: int,
    *,
    ties: Literal["expected", "average"],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What each gene gains by its rank ``r`` in its cell, the highest value first: ``max(top - r, 0)``.

    Parameters
    ----------
    data, indptr
        Values of a CSR matrix of cells.
    n_genes
        Number of genes, with those that the matrix doesn't store.
    top
        Rank from which on nothing is gained.
    ties
        Tied genes gain the mean of their gains over all orders (``"expected"``), or what their mean rank gains
        (``"average"``). These differ for ties that lie across ``top``.

    Returns
    -------
    The gains of the values of ``data``, and for each cell the gain of its zeros.
    """
    return _rank_gains(*ordered_keys(data), indptr, n_genes, top, ties == "expected", workspace(indptr))


@njit(cache=True, nogil=True)
def _rank_gains(keys, zero, indptr, n_genes, top, expected, work):
    gains = np.empty(len(keys))
    zero_gains = np.empty(len(indptr) - 1)
    firsts, counts, groups = work[:3]
    group_gains = np.empty(len(counts))
    for cell in range(len(zero_gains)):
        row = slice(indptr[cell], indptr[cell + 1])
        zero_group = tie_groups(keys[row], zero, n_genes, work)
        for g in range(zero_group + 1):
            first, count = firsts[g], counts[g]
            inside = min(count, top - first) if expected else count
            # the sum of top - r over the first `inside` ranks of the group
            total = inside * (top - first) - inside * (inside - 1) / 2
            group_gains[g] = max(total, 0.0) / max(count, 1) if inside > 0 else 0.0
        zero_gains[cell] = group_gains[zero_group]
        row_gains = gains[row]
        for i in range(len(row_gains)):
            row_gains[i] = group_gains[groups[i]]
    return gains, zero_gains
