from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from ._ties import keys, tie_groups, workspace

if TYPE_CHECKING:
    from numpy.typing import NDArray


def top_genes(
    data: NDArray[np.floating],
    indices: NDArray[np.integer],
    indptr: NDArray[np.integer],
    n_genes: int,
    n: int,
) -> NDArray[np.int64]:
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
    return _top_genes(data, keys(data), indices, indptr, n_genes, n)


@njit(cache=True, nogil=True)
def _top_genes(data, data_keys, indices, indptr, n_genes, n):
    out = np.empty((len(indptr) - 1, n), np.int64)
    work = workspace(indptr, data)
    _, _, firsts, _, groups = work
    for cell in range(len(out)):
        start, stop = indptr[cell], indptr[cell + 1]
        zero_group = tie_groups(data[start:stop], data_keys[start:stop], n_genes, work)
        for i in range(start, stop):
            g = groups[i - start]
            if g != zero_group:
                if firsts[g] <= n:
                    out[cell, firsts[g] - 1] = indices[i]
                firsts[g] += 1
        _fill_zeros(out[cell], data, indices, start, stop, firsts[zero_group] - 1, n_genes)
    return out


@njit(cache=True, nogil=True)
def _fill_zeros(out, data, indices, start, stop, place, n_genes):
    """Put the genes with the value zero, in their order, into ``out`` from ``place`` on."""
    i = start
    for gene in range(n_genes):
        if place >= len(out):
            break
        if i < stop and indices[i] == gene:
            i += 1
            if data[i - 1] != 0:
                continue
        out[place] = gene
        place += 1
