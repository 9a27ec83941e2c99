"""Top k: the highest genes of each cell, and the highest scores of each column in a stream of blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._njit import njit
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
    """Find the ``n`` highest genes of each cell in descending order, ties in the order of the genes.

    Parameters
    ----------
    data, indices, indptr
        CSR matrix of cells with sorted indices.
    n_genes
        Number of genes, including those that the matrix does not store.
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
    """Find the ``n`` highest genes of each cell from their ranks, ties in a given order of the genes.

    Parameters
    ----------
    ranks
        Ranks of a CSR matrix of cells.
    indices, indptr, n_genes, n
        As for :func:`top_genes`.
    order
        Genes in the order that breaks ties. Genes that it lacks must be zero in all cells; no list contains them.

    Returns
    -------
    Gene indices (cells × n).
    """
    position = np.full(n_genes, n_genes)
    position[order] = np.arange(len(order))
    width, n_bytes = int(np.diff(indptr).max(initial=0)), (int(n_genes).bit_length() + 7) // 8
    return _top_ranked(ranks, indices, indptr, order, position, n_bytes, width, n)


@njit(cache=True, nogil=True)
def _top_ranked(
    ranks: Ranks,
    indices: np.ndarray,
    indptr: np.ndarray,
    order: np.ndarray,
    position: np.ndarray,
    n_bytes: int,
    width: int,
    n: int,
) -> np.ndarray:
    """Write each gene to the position of its rank.

    The ranks of a group of ties are consecutive, so that going through the row in the order that breaks ties, and
    counting how many of each group were written, sorts the row without a comparison.
    """
    groups, zeros, firsts, _ = ranks
    out = np.empty((len(indptr) - 1, n), np.int32)
    n_excluded = len(position) - len(order)
    taken = np.zeros(len(firsts), np.int64)
    keys, histogram, orders = np.empty(width, np.uint64), np.empty((8, 256), np.int32), np.empty((2, width), np.int32)
    for cell in range(len(out)):
        row, first_zero = slice(indptr[cell], indptr[cell + 1]), firsts[zeros[cell]]
        genes, row_groups = indices[row], groups[row]
        sequence = _by_position(genes, position, n_bytes, keys, histogram, orders)
        for i in sequence:
            g = row_groups[i]
            if g != zeros[cell]:
                rank = firsts[g] + taken[g] - 1 - (n_excluded if firsts[g] > first_zero else 0)
                taken[g] += 1
                if rank < n:
                    out[cell, rank] = genes[i]
        _fill_zeros(out[cell], first_zero - 1, genes, row_groups, sequence, zeros[cell], order)
    return out


@njit(cache=True, nogil=True)
def _by_position(
    genes: np.ndarray,
    position: np.ndarray,
    n_bytes: int,
    keys: np.ndarray,
    histogram: np.ndarray,
    orders: np.ndarray,
) -> np.ndarray:
    """Sort the entries of a row by the positions of their genes; rows that are sorted already are recognized."""
    ascending = True
    for i in range(len(genes)):
        keys[i] = position[genes[i]]
        ascending &= i == 0 or keys[i - 1] < keys[i]
    if not ascending:
        return radix_order(keys[: len(genes)], n_bytes, histogram, orders)
    sequence = orders[0, : len(genes)]
    for i in range(len(genes)):
        sequence[i] = i
    return sequence


@njit(cache=True, nogil=True)
def _fill_zeros(
    top: np.ndarray,
    first: int,
    genes: np.ndarray,
    groups: np.ndarray,
    sequence: np.ndarray,
    zero_group: int,
    order: np.ndarray,
) -> None:
    """Write the genes with the value zero, in their order, to ``top`` from position ``first`` until it is full."""
    i = 0
    for gene in order:
        if first >= len(top):
            break
        is_zero = True
        if i < len(sequence) and genes[sequence[i]] == gene:
            is_zero = groups[sequence[i]] == zero_group
            i += 1
        if is_zero:
            top[first] = gene
            first += 1


@njit(cache=True, nogil=True)
def keep_top_k(
    scores: NDArray[np.floating],
    values: NDArray[np.floating],
    first: int,
    best: NDArray[np.floating],
    rows: NDArray[np.integer],
    kept: NDArray[np.floating],
) -> None:
    """Update the highest scores of each column with a further block of rows, in place.

    Of equal scores, that of the earlier row is kept. NaN and -inf are never kept.

    Parameters
    ----------
    scores
        The block, rows × columns.
    values
        Further values to keep with each score, rows × columns × kinds.
    first
        Number of the first row of the block, higher than those of all rows before.
    best
        The highest scores as a heap (columns × k); -inf before the first block.
    rows, kept
        Their rows (columns × k) and values (columns × k × kinds).
    """
    # The root of a heap is the lowest score that is kept. Nearly all scores fail against it after one comparison, so
    # that a stream of any length costs little more than reading it.
    for i in range(scores.shape[0]):
        for column in range(scores.shape[1]):
            if scores[i, column] > best[column, 0]:
                _replace_root(best[column], rows[column], kept[column], scores[i, column], first + i, values[i, column])


@njit(cache=True, nogil=True)
def _replace_root(
    best: np.ndarray, rows: np.ndarray, kept: np.ndarray, score: float, row: int, value: np.ndarray
) -> None:
    """Replace the root of the heap: the lowest score and, of equal ones, that of the latest row."""
    position, n = 0, len(best)
    while 2 * position + 1 < n:
        child = 2 * position + 1
        if child + 1 < n and _ranks_below(best, rows, child + 1, best[child], rows[child]):
            child += 1
        if not _ranks_below(best, rows, child, score, row):
            break
        best[position], rows[position], kept[position] = best[child], rows[child], kept[child]
        position = child
    best[position], rows[position], kept[position] = score, row, value


@njit(cache=True, nogil=True)
def _ranks_below(best: np.ndarray, rows: np.ndarray, position: int, score: float, row: int) -> bool:
    """Whether an entry of the heap has a lower score, or the same score in a later row."""
    return bool(best[position] < score or (best[position] == score and rows[position] > row))
