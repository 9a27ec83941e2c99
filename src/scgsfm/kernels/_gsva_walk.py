r"""The random walk of GSVA down the genes of each cell, and its extremes.

With the genes in descending order, :math:`r_g` the weight of the position of gene :math:`g`, and a set :math:`S`, the
walk rises by :math:`r_g / \sum_{h \in S} r_h` at a gene of the set and falls by :math:`1 / (N - |S|)` at any other gene.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ._njit import njit
from ._numba_utils import copy_into
from ._ranks import ordered_keys, radix_order

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csc_array, csr_array

HEIGHT, HIGH, LOW, DOWN, UP, EVENLY = range(6)
_ONE = np.uint32(1)


class StoredGenes(NamedTuple):
    """CSR arrays of the cells: genes and the ordered keys of their values."""

    indptr: np.ndarray
    genes: np.ndarray
    keys: np.ndarray


class ImplicitGenes(NamedTuple):
    """The ordered key of each gene in the cells that do not store it, and the genes in descending order of keys."""

    keys: np.ndarray
    descending: np.ndarray


class Membership(NamedTuple):
    """The pattern of sets × genes, by rows and by columns."""

    set_indptr: np.ndarray
    genes: np.ndarray
    gene_indptr: np.ndarray
    sets: np.ndarray


def gsva_walk(
    indptr: NDArray[np.integer],
    genes: NDArray[np.integer],
    values: NDArray[np.float64],
    implicit_values: NDArray[np.float64],
    weights: NDArray[np.float64],
    membership: csr_array,
    by_gene: csc_array,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Walk down the genes of each cell: up at the genes of a set, by their weights, and evenly down at the others.

    Parameters
    ----------
    indptr, genes, values
        CSR arrays of the cells.
    implicit_values
        The value of each gene in the cells that do not store it.
    weights
        Weight of each position, from the highest value to the lowest. Of equal values, the last gene of the data comes
        first.
    membership, by_gene
        Sets × genes, by rows and by columns. Only the pattern counts.

    Returns
    -------
    The highest and the lowest deviation from 0 (cells × sets).
    """
    keys, _ = ordered_keys(values)
    implicit_keys, _ = ordered_keys(implicit_values)
    descending = np.argsort(implicit_keys, kind="stable")[::-1]
    # unsigned indices save the test for negative ones
    stored = StoredGenes(indptr, genes.astype(np.uint32, copy=False), keys)
    implicit = ImplicitGenes(implicit_keys, descending.astype(np.uint32))
    arrays = membership.indptr, membership.indices, by_gene.indptr, by_gene.indices
    return _gsva_walk(stored, implicit, weights, Membership(*(a.astype(np.uint32, copy=False) for a in arrays)))


@njit(cache=True, nogil=True)
def _gsva_walk(
    cells: StoredGenes, implicit: ImplicitGenes, weights: np.ndarray, membership: Membership
) -> tuple[np.ndarray, np.ndarray]:
    """Walk all sets of a cell at once.

    The misses of a set need no visit: the height at a hit follows from the height after the last hit and the number of
    positions passed, and the extremes lie just before and just after hits.
    """
    indptr, genes, keys = cells
    set_indptr, members, gene_indptr, sets = membership
    n_cells, n_genes, n_sets = len(indptr) - 1, len(implicit.keys), len(set_indptr) - 1
    highest, lowest = np.empty((n_cells, n_sets)), np.empty((n_cells, n_sets))
    order, is_stored, weight_of = np.empty(n_genes, np.uint32), np.zeros(n_genes, np.bool_), np.empty(n_genes)
    histogram, orders = np.empty((8, 256), np.int32), np.empty((2, n_genes), np.int32)
    state = np.empty((n_sets, 8))  # all numbers of a set lie in one cache line
    for cell in range(n_cells):
        row = slice(indptr[cell], indptr[cell + 1])
        ascending = radix_order(keys[row], 8, histogram, orders)
        _merge(genes[row], keys[row], ascending, implicit, is_stored, order)
        for position in range(n_genes):
            weight_of[order[position]] = weights[position]
        _start(state, set_indptr, members, weight_of)
        for position in range(n_genes):
            gene, weight = order[position], weights[position]
            for i in range(gene_indptr[gene], gene_indptr[gene + _ONE]):
                walk = state[sets[i]]
                height = walk[HEIGHT] - position * walk[DOWN]
                walk[LOW] = height if height < walk[LOW] else walk[LOW]
                up = weight * walk[UP] + walk[EVENLY]
                height += up
                walk[HIGH] = height if height > walk[HIGH] else walk[HIGH]
                walk[HEIGHT] += up + walk[DOWN]  # a hit is not a step down
        copy_into(highest[cell], state[:, HIGH])
        copy_into(lowest[cell], state[:, LOW])
    return highest, lowest


@njit(cache=True, nogil=True)
def _start(state: np.ndarray, set_indptr: np.ndarray, members: np.ndarray, weight_of: np.ndarray) -> None:
    """Set all heights to 0 and compute the lengths of steps. A set whose weights sum to 0 rises evenly."""
    for s in range(len(state)):
        total, size = 0.0, set_indptr[s + 1] - set_indptr[s]
        for i in range(set_indptr[s], set_indptr[s + 1]):
            total += weight_of[members[i]]
        state[s, :DOWN] = 0
        state[s, DOWN] = 1 / max(len(weight_of) - size, 1)
        state[s, UP] = 1 / total if total > 0 else 0
        state[s, EVENLY] = 0 if total > 0 else 1 / max(size, 1)


@njit(cache=True, nogil=True)
def _merge(
    genes: np.ndarray,
    keys: np.ndarray,
    ascending: np.ndarray,
    implicit: ImplicitGenes,
    is_stored: np.ndarray,
    order: np.ndarray,
) -> None:
    """Fill ``order`` with all genes, the highest first.

    The genes that a cell does not store have the same order in all cells. It is sorted once, and only the stored genes
    are sorted for each cell; the two lists are merged.
    """
    implicit_keys, descending = implicit
    for gene in genes:
        is_stored[gene] = True
    i, j = len(genes) - 1, 0
    for position in range(len(order)):
        while j < len(descending) and is_stored[descending[j]]:
            j += 1
        from_stored = j == len(descending)
        if i >= 0 and not from_stored:
            key, implicit_key = keys[ascending[i]], implicit_keys[descending[j]]
            from_stored = key > implicit_key or (key == implicit_key and genes[ascending[i]] > descending[j])
        if from_stored:
            order[position] = genes[ascending[i]]
            i -= 1
        else:
            order[position] = descending[j]
            j += 1
    for gene in genes:
        is_stored[gene] = False
