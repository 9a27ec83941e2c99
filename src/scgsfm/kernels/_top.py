from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from ._ties import ordered_keys, tie_groups, workspace

if TYPE_CHECKING:
    from numpy.typing import NDArray


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
    return _top_genes(*ordered_keys(data), indices, indptr, n_genes, n, workspace(indptr))


@njit(cache=True, nogil=True)
def _top_genes(keys, zero, indices, indptr, n_genes, n, work):
    out = np.empty((len(indptr) - 1, n), np.int32)
    firsts, _, groups = work[:3]
    for cell in range(len(out)):
        row = slice(indptr[cell], indptr[cell + 1])
        top, genes = out[cell], indices[row]
        zero_group = tie_groups(keys[row], zero, n_genes, work)
        for i in range(len(genes)):
            g = groups[i]
            if g != zero_group:
                if firsts[g] <= n:
                    top[firsts[g] - 1] = genes[i]
                firsts[g] += 1
        _fill_zeros(top, firsts[zero_group] - 1, genes, groups, zero_group, n_genes)
    return out


@njit(cache=True, nogil=True)
def _fill_zeros(top, place, genes, groups, zero_group, n_genes):
    """Put the genes with the value zero, in their order, into ``top`` from ``place`` on, as far as there is room."""
    i = 0
    for gene in range(n_genes):
        if place >= len(top):
            break
        is_zero = True
        if i < len(genes) and genes[i] == gene:
            is_zero = groups[i] == zero_group
            i += 1
        if is_zero:
            top[place] = gene
            place += 1
