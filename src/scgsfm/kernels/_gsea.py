r"""Enrichment scores of gene set enrichment analysis (GSEA) in each cell, computed from hit to hit.

The running sum of a set :math:`S` down the ranked genes rises by :math:`|x_g| / \sum_{h \in S} |x_h|` at a hit and falls
by :math:`1 / (N - |S|)` at a miss; the score is its largest deviation from zero.

Between two hits the running sum only falls, so its extremes are just before and just after a hit. Genes with the same
value form a group that is passed in one step: a hit looks at the sum at the start of its group, without itself, and at
the end, with itself. Of several hits in a group, the first one sees the true sum before the group and the last one the
true sum after it. What the others see lies between, so a hit needs no knowledge of its group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ._njit import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._ranks import Ranks


class DescendingOrder(NamedTuple):
    """The nonzero genes of each cell, the highest value first: arrays of a CSR pattern."""

    indptr: NDArray[np.int64]
    genes: NDArray[np.int32]
    sizes: NDArray[np.float64]
    """Absolute values."""
    starts: NDArray[np.int32]
    """Number of genes ranked before the gene's group of ties."""
    ends: NDArray[np.int32]
    """Number of genes ranked up to the end of that group."""
    n_positive: NDArray[np.int64]
    """Number of genes of each cell that are ranked before its zeros."""


def descending_order(
    ranks: Ranks,
    data: NDArray[np.floating],
    indices: NDArray[np.integer],
    indptr: NDArray[np.integer],
    n_genes: int,
) -> DescendingOrder:
    """Sort the genes of each row of a CSR matrix of cells by their ranks."""
    return _descending_order(ranks, np.abs(data, dtype=np.float64), indices, indptr, n_genes)


@njit(cache=True, nogil=True)
def _descending_order(
    ranks: Ranks, data: np.ndarray, indices: np.ndarray, indptr: np.ndarray, n_genes: int
) -> DescendingOrder:
    """Write each gene to the position of its rank: ranks are known, so nothing is compared again."""
    groups, zeros, firsts, counts = ranks
    rows = np.zeros(len(indptr), np.int64)
    genes, sizes = np.empty(len(data), np.int32), np.empty(len(data))
    starts, ends = np.empty(len(data), np.int32), np.empty(len(data), np.int32)
    taken = np.zeros(len(firsts), np.int64)
    for cell in range(len(zeros)):
        first_zero, n_zeros = firsts[zeros[cell]], counts[zeros[cell]]
        rows[cell + 1] = rows[cell] + n_genes - n_zeros
        for i in range(indptr[cell], indptr[cell + 1]):
            g = groups[i]
            if g != zeros[cell]:
                position = rows[cell] + firsts[g] - 1 + taken[g] - (n_zeros if firsts[g] > first_zero else 0)
                taken[g] += 1
                genes[position], sizes[position] = indices[i], data[i]
                starts[position], ends[position] = firsts[g] - 1, firsts[g] - 1 + counts[g]
    n = rows[-1]
    return DescendingOrder(rows, genes[:n], sizes[:n], starts[:n], ends[:n], firsts[zeros] - 1)


def gsea_scores(
    descent: DescendingOrder,
    set_indptr: NDArray[np.integer],
    sets: NDArray[np.integer],
    n_members: NDArray[np.integer],
    n_genes: int,
) -> NDArray[np.float64]:
    """Compute enrichment scores of sets: the running sum where it is farthest from zero.

    Parameters
    ----------
    descent
        The sorted genes of the cells.
    set_indptr, sets
        CSC pattern of the membership matrix: the sets of each gene.
    n_members
        Number of genes of each set.
    n_genes
        Number of all genes.

    Returns
    -------
    Scores (cells × sets); 0 for a set whose genes are all zero, and for one of all genes.
    """
    return _gsea_scores(descent, set_indptr, sets, n_members, n_genes)


@njit(cache=True, nogil=True)
def _gsea_scores(
    descent: DescendingOrder, set_indptr: np.ndarray, sets: np.ndarray, n_members: np.ndarray, n_genes: int
) -> np.ndarray:
    """Walk down the genes of each cell once, and update all sets that a gene is a hit of.

    Only genes with a value are visited: zeros add nothing to the sum, and the hits among them are counted together.
    """
    indptr, genes, sizes, starts, ends, n_positive = descent
    n_cells, n_sets = len(indptr) - 1, len(n_members)
    out = np.zeros((n_cells, n_sets))
    hits, stored = np.empty(n_sets, np.int64), np.empty(n_sets, np.int64)
    total, step, gained = np.empty(n_sets), np.empty(n_sets), np.empty(n_sets)
    lowest, highest = np.empty(n_sets), np.empty(n_sets)
    for cell in range(n_cells):
        row = range(indptr[cell], indptr[cell + 1])
        total[:], stored[:], hits[:], gained[:], lowest[:], highest[:] = 0, 0, 0, 0, 0, 0
        for i in row:
            for j in range(set_indptr[genes[i]], set_indptr[genes[i] + 1]):
                total[sets[j]] += sizes[i]
                stored[sets[j]] += 1
        for s in range(n_sets):  # the sum is in units of `total`, which saves a division for each hit
            step[s] = total[s] / max(n_genes - n_members[s], 1)
        for i in row:
            if i == indptr[cell] + n_positive[cell]:
                hits += n_members - stored  # the hits among the zeros have been passed
            for j in range(set_indptr[genes[i]], set_indptr[genes[i] + 1]):
                s = sets[j]
                lowest[s] = min(lowest[s], gained[s] - (starts[i] - hits[s]) * step[s])
                gained[s] += sizes[i]
                hits[s] += 1
                highest[s] = max(highest[s], gained[s] - (ends[i] - hits[s]) * step[s])
        for s in range(n_sets):
            if stored[s] > 0 and n_members[s] < n_genes:
                out[cell, s] = (highest[s] if highest[s] > -lowest[s] else lowest[s]) / total[s]
    return out
