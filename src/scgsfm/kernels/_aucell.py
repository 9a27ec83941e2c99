from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from ._ties import ordered_keys, tie_groups, workspace

if TYPE_CHECKING:
    from numpy.typing import NDArray


def expected_gains(
    data: NDArray[np.floating], indptr: NDArray[np.integer], n_genes: int, top: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean over all orders of ties of what a gene at rank ``r`` gains: ``max(top - r, 0)``.

    Parameters
    ----------
    data, indptr
        Values of a CSR matrix of cells.
    n_genes
        Number of genes, with those that the matrix doesn't store.
    top
        Rank from which on nothing is gained.

    Returns
    -------
    The gains of the values of ``data``, and for each cell the gain of its zeros.
    """
    return _expected_gains(*ordered_keys(data), indptr, n_genes, top)


@njit(cache=True, nogil=True)
def _expected_gains(keys, zero, indptr, n_genes, top):
    gains = np.empty(len(keys))
    zero_gains = np.empty(len(indptr) - 1)
    work = workspace(indptr)
    firsts, counts, groups = work[:3]
    group_gains = np.empty(len(counts))
    for cell in range(len(zero_gains)):
        row = slice(indptr[cell], indptr[cell + 1])
        zero_group = tie_groups(keys[row], zero, n_genes, work)
        for g in range(zero_group + 1):
            group_gains[g] = _mean_gain(firsts[g], counts[g], top)
        zero_gains[cell] = group_gains[zero_group]
        row_gains = gains[row]
        for i in range(len(row_gains)):
            row_gains[i] = group_gains[groups[i]]
    return gains, zero_gains


@njit(cache=True, nogil=True)
def _mean_gain(first, count, top):
    """Mean of ``max(top - r, 0)`` over the ranks ``first``, …, ``first + count - 1``."""
    inside = min(count, top - first)
    if inside <= 0:
        return 0.0
    return (inside * (top - first) - inside * (inside - 1) / 2) / count
