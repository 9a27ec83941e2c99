"""Pleiotropy correction of VIPER (its shadow analysis): less weight for genes that enriched sets share."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ._njit import njit
from ._ranks import radix_order
from ._special import normal_quantile, normal_sf

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Regulons(NamedTuple):
    """Gene sets with weights, called regulons by VIPER."""

    indptr: NDArray[np.integer]
    genes: NDArray[np.integer]
    weights: NDArray[np.float64]
    """CSR arrays of the sets with sorted indices."""
    partner_indptr: NDArray[np.integer]
    partners: NDArray[np.integer]
    """For each set, the later sets with which it shares many genes, as a CSR pattern."""


class CellRanks(NamedTuple):
    """Ranks of the genes, doubled because ties may lie halfway between two integers."""

    indptr: np.ndarray
    genes: np.ndarray
    ranks: np.ndarray
    """CSR arrays of the cells."""
    zero_ranks: np.ndarray
    """For each cell, the rank of the genes that are not stored."""


class SortBuffers(NamedTuple):
    """Work space for sorting the genes of a set."""

    keys: np.ndarray
    histogram: np.ndarray
    orders: np.ndarray
    distance: np.ndarray


def correct_pleiotropy(
    scores: NDArray[np.float64],
    indptr: NDArray[np.integer],
    genes: NDArray[np.integer],
    ranks: NDArray[np.integer],
    zero_ranks: NDArray[np.integer],
    n_genes: int,
    regulons: Regulons,
    *,
    threshold: float,
    penalty: float,
) -> None:
    r"""Recompute, in place, the scores of sets that share genes with another enriched set.

    For two enriched sets, the enrichment of the shared genes among the genes of either set is tested. In the set with the
    larger of the two p-values, each shared gene is divided by :math:`(1 + |\Delta \log_{10} p|)^{\lambda / n}`, where
    :math:`n` is the number of pairs of that set and :math:`\lambda` the penalty.

    Parameters
    ----------
    scores
        Normal enrichment scores (cells × sets).
    indptr, genes, ranks
        CSR arrays of the cells with twice the rank of each gene, the lowest value first and ties at their mean rank.
    zero_ranks
        For each cell, twice the rank of the genes that are not stored.
    n_genes
        Number of genes.
    regulons
        The sets.
    threshold
        Absolute score above which a set counts as enriched.
    penalty
        The penalty :math:`\lambda`.
    """
    cells = CellRanks(indptr, genes, ranks, zero_ranks)
    _correct_pleiotropy(scores, cells, n_genes, regulons, threshold, penalty)


@njit(cache=True, nogil=True)
def _correct_pleiotropy(
    scores: np.ndarray, cells: CellRanks, n_genes: int, regulons: Regulons, threshold: float, penalty: float
) -> None:
    """Compute :func:`correct_pleiotropy`, one cell after the other.

    The pairs of sets that share genes are known beforehand. Few sets of a cell are enriched, so few pairs are left.
    """
    indptr, targets = regulons.indptr, regulons.genes
    rank_of = np.empty(n_genes, np.int64)
    signed, unsigned, kept = np.empty(len(targets)), np.empty(len(targets)), np.empty(len(targets))
    shared = np.empty((2, n_genes + 1), np.int64)
    n_pairs, is_shadow = np.empty(scores.shape[1], np.int64), np.empty(scores.shape[1], np.bool_)
    buffers = SortBuffers(
        np.empty(n_genes, np.uint64),
        np.empty((8, 256), np.int32),
        np.empty((2, n_genes), np.int32),
        np.empty(n_genes),
    )
    for cell in range(len(scores)):
        pairs = _enriched_pairs(scores[cell], threshold, regulons.partner_indptr, regulons.partners)
        if len(pairs) == 0:
            continue
        rank_of[:] = cells.zero_ranks[cell]
        for i in range(cells.indptr[cell], cells.indptr[cell + 1]):
            rank_of[cells.genes[i]] = cells.ranks[i]
        n_pairs[:] = 0
        is_shadow[:] = False
        for p in range(2 * len(pairs)):
            s = pairs[p // 2, p % 2]
            if n_pairs[s] == 0:
                part, sign = slice(indptr[s], indptr[s + 1]), 1 if scores[cell, s] > 0 else -1
                kept[part] = 1
                _quantiles(rank_of, targets[part], sign, signed[part], unsigned[part], buffers)
            n_pairs[s] += 1
        for p in range(len(pairs)):
            n_shared = _shared(pairs[p, 0], pairs[p, 1], indptr, targets, shared)
            p_first = _p_of_shared(shared[0, :n_shared], regulons.weights, signed, unsigned)
            p_second = _p_of_shared(shared[1, :n_shared], regulons.weights, signed, unsigned)
            difference = np.log10(p_second) - np.log10(p_first)
            if np.isnan(difference):  # both are 0
                difference = 0.0
            side = 0 if difference > 0 else 1
            s = pairs[p, side]
            factor = (1 + abs(difference)) ** (penalty / n_pairs[s])
            _divide_shared(kept, shared[side, :n_shared], shared[1 - side, :n_shared], factor)
            is_shadow[s] = True
        _rescore(scores[cell], is_shadow, rank_of, regulons, kept)


@njit(cache=True, nogil=True)
def _rescore(
    scores: np.ndarray, is_shadow: np.ndarray, rank_of: np.ndarray, regulons: Regulons, kept: np.ndarray
) -> None:
    """Replace the scores of the sets of which genes were discounted."""
    farthest = 0
    for rank in rank_of:
        farthest = max(farthest, abs(rank - (len(rank_of) + 1)))
    for s in range(len(is_shadow)):
        if is_shadow[s]:
            part = slice(regulons.indptr[s], regulons.indptr[s + 1])
            scores[s] = _enrichment(rank_of, farthest, regulons.genes[part], regulons.weights[part], kept[part])


@njit(cache=True, nogil=True)
def _divide_shared(kept: np.ndarray, positions: np.ndarray, partner_positions: np.ndarray, factor: float) -> None:
    """Divide what is kept of shared genes, unless nothing is left of them in either set."""
    for i in range(len(positions)):
        if kept[positions[i]] != 0 and kept[partner_positions[i]] != 0:
            kept[positions[i]] /= factor


@njit(cache=True, nogil=True)
def _enriched_pairs(
    scores: np.ndarray, threshold: float, partner_indptr: np.ndarray, partners: np.ndarray
) -> np.ndarray:
    """List the pairs of partners that are both enriched."""
    pairs = np.empty((len(partners), 2), np.int64)
    n = 0
    for s in range(len(scores)):
        if abs(scores[s]) > threshold:
            for i in range(partner_indptr[s], partner_indptr[s + 1]):
                if abs(scores[partners[i]]) > threshold:
                    pairs[n, 0], pairs[n, 1] = s, partners[i]
                    n += 1
    return pairs[:n]


@njit(cache=True, nogil=True)
def _quantiles(
    rank_of: np.ndarray,
    genes: np.ndarray,
    sign: int,
    signed: np.ndarray,
    unsigned: np.ndarray,
    buffers: SortBuffers,
) -> None:
    """Write the normal quantiles of the ranks of genes among each other, and of their distances from the middle.

    Ties have the same quantile, so that it is computed once for each group of ties.
    """
    keys, histogram, orders, distance = buffers
    n, first, farthest = len(genes), 0, -1.0
    for i in range(n):
        keys[i] = rank_of[genes[i]]
    order = radix_order(keys[:n], 4, histogram, orders)
    while first < n:
        after = first + 1
        while after < n and keys[order[after]] == keys[order[first]]:
            after += 1
        rank = (first + after + 1) / 2 / (n + 1)
        quantile = normal_quantile(rank) * sign
        for i in range(first, after):
            signed[order[i]] = quantile
            distance[order[i]] = abs(rank * 2 - 1) * 2 - 1
        farthest = max(farthest, abs(rank * 2 - 1) * 2 - 1)
        first = after
    for i in range(n):
        unsigned[i] = normal_quantile((distance[i] + (1 - farthest) / 2) / 2 + 0.5)


@njit(cache=True, nogil=True)
def _shared(first: int, second: int, indptr: np.ndarray, targets: np.ndarray, positions: np.ndarray) -> int:
    """Write the positions of the genes that two sets share, in either of them; return their number."""
    i, j, n = indptr[first], indptr[second], 0
    while i < indptr[first + 1] and j < indptr[second + 1]:
        positions[0, n], positions[1, n] = i, j
        a, b = targets[i], targets[j]
        n += a == b
        i += a <= b
        j += b <= a
    return n


@njit(cache=True, nogil=True)
def _p_of_shared(positions: np.ndarray, weights: np.ndarray, signed: np.ndarray, unsigned: np.ndarray) -> float:
    """Compute the p-value of the enrichment of shared genes among the genes of a set."""
    directed, undirected = 0.0, 0.0
    for i in positions:
        directed += weights[i] * signed[i]
        undirected += (1 - abs(weights[i])) * unsigned[i]
    size = (abs(directed) + max(undirected, 0.0)) / len(positions) * np.sqrt(len(positions))
    # the rounding to 1 is decoupler's: p below 1e-16 is 0
    return 1 - (1 - normal_sf(size)) if directed >= 0 else 1 - normal_sf(size)


@njit(cache=True, nogil=True)
def _enrichment(rank_of: np.ndarray, farthest: int, genes: np.ndarray, weights: np.ndarray, kept: np.ndarray) -> float:
    """Compute the score of a set whose genes count by the fractions ``kept`` of them."""
    n = len(rank_of)
    shift = (1 - farthest / (n + 1)) / 2
    directed, undirected, total, squares, highest = 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(len(genes)):
        rank = rank_of[genes[i]] / 2 / (n + 1)
        directed += normal_quantile(rank) * weights[i] * kept[i]
        if abs(weights[i]) != 1:
            undirected += normal_quantile(abs(rank - 0.5) * 2 + shift) * (1 - abs(weights[i])) * kept[i]
        total += kept[i]
        squares += kept[i] ** 2
        highest = max(highest, kept[i])
    if highest == 0 or directed == 0:
        return 0.0
    size = float((abs(directed) + max(undirected, 0.0)) / total * np.sqrt(squares) / highest)
    return size if directed > 0 else -size
