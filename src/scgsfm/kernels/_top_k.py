from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from ._ranks import radix_order, rank_cells

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._ranks import Ranks


def top_genes(
    data: NDArray[np.floating],
    indices: NDArray[np.integer],
    indptr: NDArray[np.integer],
    n_genes: int,
    n: int,
) -> NDArray[np.int32]:
    """Each cell's ``n`` highest genes in descending order, ties in the order of the genes.

    Parameters
    ----------
    data, indices, indptr
        CSR matrix of cells with sorted indices.
    n_genes
        Number of genes, with those that the matrix doesn't store.
    n
        Number of genes, at most ``n_genes``.

    Returns
    -------
    Gene indices (cells × n).
    """
    return top_ranked(rank_cells(data, indptr, n_genes), indices, indptr, n_genes, n, order=np.arange(n_genes))


def top_ranked(
    ranks: Ranks,
    indices: NDArray[np.integer],
    indptr: NDArray[np.integer],
    n_genes: int,
    n: int,
    *,
    order: NDArray[np.int64],
) -> NDArray[np.int32]:
    """The same from known ranks, with ties in the given order of the genes.

    Genes that ``order`` leaves out must be zero in all cells; they are in no cell's list.
    """
    place = np.full(n_genes, n_genes)
    place[order] = np.arange(len(order))
    groups, zeros, firsts, _ = ranks
    width, n_bytes = int(np.diff(indptr).max(initial=0)), (int(n_genes).bit_length() + 7) // 8
    return _top_ranked(groups, zeros, firsts, indices, indptr, order, place, n_bytes, width, n)


@njit(cache=True, nogil=True)
def _top_ranked(groups, zeros, firsts, indices, indptr, order, place, n_bytes, width, n):
    out = np.empty((len(indptr) - 1, n), np.int32)
    n_left_out = len(place) - len(order)
    taken = np.zeros(len(firsts), np.int64)
    keys, histogram, orders = np.empty(width, np.uint64), np.empty((8, 256), np.int32), np.empty((2, width), np.int32)
    for cell in range(len(out)):
        row, first_zero = slice(indptr[cell], indptr[cell + 1]), firsts[zeros[cell]]
        genes, row_groups = indices[row], groups[row]
        sequence = _by_place(genes, place, n_bytes, keys, histogram, orders)
        for i in sequence:
            g = row_groups[i]
            if g != zeros[cell]:
                at = firsts[g] + taken[g] - 1 - (n_left_out if firsts[g] > first_zero else 0)
                taken[g] += 1
                if at < n:
                    out[cell, at] = genes[i]
        _fill_zeros(out[cell], first_zero - 1, genes, row_groups, sequence, zeros[cell], order)
    return out


@njit(cache=True, nogil=True)
def _by_place(genes, place, n_bytes, keys, histogram, orders):
    """The entries of a row in the order of their genes' places."""
    ascending = True
    for i in range(len(genes)):
        keys[i] = place[genes[i]]
        ascending &= i == 0 or keys[i - 1] < keys[i]
    if not ascending:
        return radix_order(keys[: len(genes)], n_bytes, histogram, orders)
    sequence = orders[0, : len(genes)]
    for i in range(len(genes)):
        sequence[i] = i
    return sequence


@njit(cache=True, nogil=True)
def _fill_zeros(top, at, genes, groups, sequence, zero_group, order) -> None:
    """Put the genes with the value zero, in their order, into ``top`` from ``at`` on, as far as there is room."""
    i = 0
    for gene in order:
        if at >= len(top):
            break
        is_zero = True
        if i < len(sequence) and genes[sequence[i]] == gene:
            is_zero = groups[sequence[i]] == zero_group
            i += 1
        if is_zero:
            top[at] = gene
            at += 1
