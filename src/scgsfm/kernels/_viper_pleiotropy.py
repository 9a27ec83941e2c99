from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit

from ._ranks import radix_order
from ._special import normal_quantile, normal_sf

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Regulons(NamedTuple):
    """Gene sets with weights."""

    indptr: NDArray[np.integer]
    genes: NDArray[np.integer]
    weights: NDArray[np.float64]
    """CSR arrays of the sets, genes in order."""
    partner_indptr: NDArray[np.integer]
    partners: NDArray[np.integer]
    """For each set the later ones with which it shares many genes."""


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
    """Score sets again, in place, with fewer weight on the genes that they share with other enriched sets: VIPER's shadow.

    Parameters
    ----------
    scores
        Normal enrichment scores (cells × sets).
    indptr, genes, ranks
        CSR arrays of the cells, with twice each gene's rank, the lowest value first and ties at their mean.
    zero_ranks
        Twice the rank of all other genes, for each cell.
    n_genes
        Number of genes.
    regulons
        The sets.
    threshold
        Absolute score from which on a set counts as enriched.
    penalty
        How much a difference counts.
    """
    _correct_pleiotropy(scores, indptr, genes, ranks, zero_ranks, n_genes, *regulons, threshold, penalty)


@njit(cache=True, nogil=True)
def _correct_pleiotropy(
    scores, indptr, genes, ranks, zero_ranks, n_genes, starts, targets, weights, near_starts, near, threshold, penalty
) -> None:
    rank_of = np.empty(n_genes, np.int64)
    signed, unsigned, kept = np.empty(len(targets)), np.empty(len(targets)), np.empty(len(targets))
    shared = np.empty((2, n_genes + 1), np.int64)
    n_pairs, is_shadow = np.empty(scores.shape[1], np.int64), np.empty(scores.shape[1], np.bool_)
    work = (
        np.empty(n_genes, np.uint64),
        np.empty((8, 256), np.int32),
        np.empty((2, n_genes), np.int32),
        np.empty(n_genes),
    )
    for cell in range(len(scores)):
        pairs = _enriched_pairs(scores[cell], threshold, near_starts, near)
        if len(pairs) == 0:
            continue
        rank_of[:] = zero_ranks[cell]
        for i in range(indptr[cell], indptr[cell + 1]):
            rank_of[genes[i]] = ranks[i]
        n_pairs[:] = 0
        is_shadow[:] = False
        for p in range(2 * len(pairs)):
            s = pairs[p // 2, p % 2]
            if n_pairs[s] == 0:
                part, sign = slice(starts[s], starts[s + 1]), 1 if scores[cell, s] > 0 else -1
                kept[part] = 1
                _quantiles(rank_of, targets[part], sign, signed[part], unsigned[part], work)
            n_pairs[s] += 1
        for p in range(len(pairs)):
            one, other = pairs[p, 0], pairs[p, 1]
            n_shared = _shared(one, other, starts, targets, shared)
            p_one = _p_of_shared(shared[0, :n_shared], weights, signed, unsigned)
            p_other = _p_of_shared(shared[1, :n_shared], weights, signed, unsigned)
            more = np.log10(p_other) - np.log10(p_one)
            if np.isnan(more):  # both are 0
                more = 0.0
            side = 0 if more > 0 else 1
            s = pairs[p, side]
            factor = (1 + abs(more)) ** (penalty / n_pairs[s])
            for i in range(n_shared):
                if kept[shared[side, i]] != 0 and kept[shared[1 - side, i]] != 0:
                    kept[shared[side, i]] /= factor
            is_shadow[s] = True
        farthest = 0
        for rank in rank_of:
            farthest = max(farthest, abs(rank - (n_genes + 1)))
        for s in range(len(is_shadow)):
            if is_shadow[s]:
                part = slice(starts[s], starts[s + 1])
                scores[cell, s] = _enrichment(rank_of, farthest, targets[part], weights[part], kept[part])


@njit(cache=True, nogil=True)
def _enriched_pairs(scores, threshold, starts, near):
    """The pairs of partners that are both enriched, in order."""
    pairs = np.empty((len(near), 2), np.int64)
    n = 0
    for s in range(len(scores)):
        if abs(scores[s]) > threshold:
            for i in range(starts[s], starts[s + 1]):
                if abs(scores[near[i]]) > threshold:
                    pairs[n, 0], pairs[n, 1] = s, near[i]
                    n += 1
    return pairs[:n]


@njit(cache=True, nogil=True)
def _quantiles(rank_of, genes, sign, signed, unsigned, work) -> None:
    """Normal quantiles of the ranks of genes among each other, and of their distances from the middle."""
    keys, histogram, orders, distance = work
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
def _shared(one, other, starts, targets, places):
    """Put the places of the genes that two sets share, in the one and in the other, into ``places``; how many."""
    i, j, n = starts[one], starts[other], 0
    while i < starts[one + 1] and j < starts[other + 1]:
        places[0, n], places[1, n] = i, j
        a, b = targets[i], targets[j]
        n += a == b
        i += a <= b
        j += b <= a
    return n


@njit(cache=True, nogil=True)
def _p_of_shared(places, weights, signed, unsigned):
    """How enriched shared genes are among the genes of the set."""
    directed, undirected = 0.0, 0.0
    for i in places:
        directed += weights[i] * signed[i]
        undirected += (1 - abs(weights[i])) * unsigned[i]
    size = (abs(directed) + max(undirected, 0.0)) / len(places) * np.sqrt(len(places))
    # the rounding to 1 is decoupler's: p below 1e-16 is 0
    return 1 - (1 - normal_sf(size)) if directed >= 0 else 1 - normal_sf(size)


@njit(cache=True, nogil=True)
def _enrichment(rank_of, farthest, genes, weights, kept):
    """The score of a set whose genes count by the shares that are kept of them."""
    n = len(rank_of)
    shift = (1 - farthest / (n + 1)) / 2
    directed, undirected, total, squares, most = 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(len(genes)):
        rank = rank_of[genes[i]] / 2 / (n + 1)
        directed += normal_quantile(rank) * weights[i] * kept[i]
        if abs(weights[i]) != 1:
            undirected += normal_quantile(abs(rank - 0.5) * 2 + shift) * (1 - abs(weights[i])) * kept[i]
        total += kept[i]
        squares += kept[i] ** 2
        most = max(most, kept[i])
    if most == 0 or directed == 0:
        return 0.0
    size = (abs(directed) + max(undirected, 0.0)) / total * np.sqrt(squares) / most
    return size if directed > 0 else -size
