from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from ._numba_utils import copy_into
from ._ranks import ordered_keys, radix_order

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csc_array, csr_array

HEIGHT, HIGH, LOW, DOWN, UP, EVENLY = range(6)
_ONE = np.uint32(1)


def gsva_walk(
    indptr: NDArray[np.integer],
    genes: NDArray[np.integer],
    values: NDArray[np.float64],
    others: NDArray[np.float64],
    weights: NDArray[np.float64],
    membership: csr_array,
    by_gene: csc_array,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Walk down the genes of each cell: up at those of a set by their share of the set's weight, else evenly down.

    Parameters
    ----------
    indptr, genes, values
        CSR arrays of the cells: genes with a value of their own in that cell.
    others
        For each gene the value that it has in all other cells.
    weights
        Of each place, from the highest value to the lowest. Of equal values the gene that stands last in the data
        comes first.
    membership, by_gene
        Sets × genes, by rows and by columns. Only the pattern counts.

    Returns
    -------
    The highest and the lowest deviation from 0 (cells × sets).
    """
    keys, _ = ordered_keys(values)
    other_keys, _ = ordered_keys(others)
    descending = np.argsort(other_keys, kind="stable")[::-1]
    # unsigned indices save the test for negative ones
    sets = membership.indptr, membership.indices, by_gene.indptr, by_gene.indices
    own, order, *index = (array.astype(np.uint32, copy=False) for array in (genes, descending, *sets))
    return _gsva_walk(indptr, own, keys, other_keys, order, weights, *index)


@njit(cache=True, nogil=True)
def _gsva_walk(indptr, genes, keys, other_keys, descending, weights, starts, members, gene_starts, sets):
    n_cells, n_genes, n_sets = len(indptr) - 1, len(other_keys), len(starts) - 1
    highest, lowest = np.empty((n_cells, n_sets)), np.empty((n_cells, n_sets))
    order, stored, weight_of = np.empty(n_genes, np.uint32), np.zeros(n_genes, np.bool_), np.empty(n_genes)
    histogram, orders = np.empty((8, 256), np.int32), np.empty((2, n_genes), np.int32)
    state = np.empty((n_sets, 8))  # what belongs to a set lies in one cache line
    for cell in range(n_cells):
        row = slice(indptr[cell], indptr[cell + 1])
        ascending = radix_order(keys[row], 8, histogram, orders)
        _merge(genes[row], keys[row], ascending, other_keys, descending, stored, order)
        for place in range(n_genes):
            weight_of[order[place]] = weights[place]
        _start(state, starts, members, weight_of)
        for place in range(n_genes):
            gene, weight = order[place], weights[place]
            for i in range(gene_starts[gene], gene_starts[gene + _ONE]):
                at = state[sets[i]]
                height = at[HEIGHT] - place * at[DOWN]
                at[LOW] = height if height < at[LOW] else at[LOW]
                up = weight * at[UP] + at[EVENLY]
                height += up
                at[HIGH] = height if height > at[HIGH] else at[HIGH]
                at[HEIGHT] += up + at[DOWN]  # a hit isn't a step down
        copy_into(highest[cell], state[:, HIGH])
        copy_into(lowest[cell], state[:, LOW])
    return highest, lowest


@njit(cache=True, nogil=True)
def _start(state, starts, members, weight_of) -> None:
    """At the top: heights of 0 and the lengths of steps. A set without weight goes up evenly."""
    for s in range(len(state)):
        total, size = 0.0, starts[s + 1] - starts[s]
        for i in range(starts[s], starts[s + 1]):
            total += weight_of[members[i]]
        state[s, :DOWN] = 0
        state[s, DOWN] = 1 / max(len(weight_of) - size, 1)
        state[s, UP] = 1 / total if total > 0 else 0
        state[s, EVENLY] = 0 if total > 0 else 1 / max(size, 1)


@njit(cache=True, nogil=True)
def _merge(genes, keys, ascending, other_keys, descending, stored, order) -> None:
    """Fill ``order`` with all genes, the highest first: those of the row by their keys, the others by ``other_keys``."""
    for gene in genes:
        stored[gene] = True
    i, j = len(genes) - 1, 0
    for place in range(len(order)):
        while j < len(descending) and stored[descending[j]]:
            j += 1
        from_row = j == len(descending)
        if i >= 0 and not from_row:
            mine, other = keys[ascending[i]], other_keys[descending[j]]
            from_row = mine > other or (mine == other and genes[ascending[i]] > descending[j])
        if from_row:
            order[place] = genes[ascending[i]]
            i -= 1
        else:
            order[place] = descending[j]
            j += 1
    for gene in genes:
        stored[gene] = False
