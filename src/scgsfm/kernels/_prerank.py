"""Prerank GSEA: enrichment scores and leading edges of gene sets in one ranking, the running sum walked by its hits.

Between two hits the running sum only falls, so its extremes are just before and just after a hit, and a set costs only
its own genes. Genes with the same value are passed in one step: the sum before them is taken at the start of their
group, the sum after them at its end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._njit import njit
from ._permutation_null import random_positions

if TYPE_CHECKING:
    from numpy.typing import NDArray


def enrichment_scores(
    values: NDArray[np.float64], indptr: NDArray[np.integer], positions: NDArray[np.integer]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Compute the largest deviation from zero of the running sum of each set, hits weighted by their absolute values.

    Parameters
    ----------
    values
        Values of all genes in descending order.
    indptr, positions
        CSR pattern of the sets: positions of their genes in that order, each row ascending.

    Returns
    -------
    The enrichment scores, and the number of positions in the leading edge, counted from the top or, where the score is
    negative, from the bottom. Both are 0 for a set whose genes all have the value 0, and for a set of all genes.
    """
    starts, ends = tie_bounds(values)
    return _enrichment_scores(np.abs(values), starts, ends, indptr, positions)


def random_enrichment_scores(
    values: NDArray[np.float64], size: int, times: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Compute the enrichment scores of ``times`` random sets of ``size`` genes."""
    positions = random_positions(rng, len(values), size, times)
    return enrichment_scores(values, np.arange(times + 1) * size, positions.ravel())[0]


def tie_bounds(values: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return for each position of a descending order the start and the end of its group of ties."""
    first = np.concatenate([[True], values[1:] != values[:-1]])
    group = np.cumsum(first) - 1
    starts = np.flatnonzero(first)
    return starts[group], np.append(starts[1:], len(values))[group]


@njit(cache=True, nogil=True)
def _enrichment_scores(
    sizes: np.ndarray, starts: np.ndarray, ends: np.ndarray, indptr: np.ndarray, positions: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Walk the hits of each set."""
    n_genes, n_sets = len(sizes), len(indptr) - 1
    scores, edges = np.zeros(n_sets), np.zeros(n_sets, np.int64)
    for s in range(n_sets):
        hits = positions[indptr[s] : indptr[s + 1]]
        total = 0.0
        for position in hits:
            total += sizes[position]
        if total == 0 or len(hits) == n_genes:
            continue
        step = total / (n_genes - len(hits))  # the sum is in units of `total`, which saves a division for each hit
        gained, lowest, highest, bottom, top = 0.0, 0.0, 0.0, n_genes, 0
        for n_before in range(len(hits)):
            position = hits[n_before]
            before = gained - (starts[position] - n_before) * step
            if before < lowest:
                lowest, bottom = before, starts[position]
            gained += sizes[position]
            after = gained - (ends[position] - n_before - 1) * step
            if after > highest:
                highest, top = after, ends[position]
        if highest > -lowest:
            scores[s], edges[s] = highest / total, top
        else:
            scores[s], edges[s] = lowest / total, n_genes - bottom
    return scores, edges
