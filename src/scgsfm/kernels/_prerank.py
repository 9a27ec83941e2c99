"""The running sum of gene set enrichment analysis (GSEA) down one ranking, at the cost of the sets' genes alone.

Between two hits the running sum only falls, so its extremes are met just before and just after a hit. Genes of the same
value are passed in one step: what comes before them is looked at from the start of their group, what comes after them
from its end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from ._permutation_null import random_positions

if TYPE_CHECKING:
    from numpy.typing import NDArray


def enrichment_scores(
    values: NDArray[np.float64], indptr: NDArray[np.integer], places: NDArray[np.integer]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Largest deviation from zero of the running sum of each set, hits weighted by the size of their values.

    Parameters
    ----------
    values
        Values of all genes in descending order.
    indptr, places
        CSR pattern of the sets: places of their genes in that order, each row ascending.

    Returns
    -------
    The deviations (enrichment scores), and how many places from the top on, or from the bottom where the score is
    negative, belong to the leading edge. Both are 0 for a set whose genes all have the value 0, and for one of all
    genes.
    """
    starts, ends = tie_bounds(values)
    return _enrichment_scores(np.abs(values), starts, ends, indptr, places)


def random_enrichment_scores(
    values: NDArray[np.float64], size: int, times: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Enrichment scores of random sets of ``size`` genes."""
    places = random_positions(rng, len(values), size, times)
    return enrichment_scores(values, np.arange(times + 1) * size, places.ravel())[0]


def tie_bounds(values: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each place of a descending order the first place of its group of ties, and the one after the last."""
    first = np.concatenate([[True], values[1:] != values[:-1]])
    group = np.cumsum(first) - 1
    starts = np.flatnonzero(first)
    return starts[group], np.append(starts[1:], len(values))[group]


@njit(cache=True, nogil=True)
def _enrichment_scores(sizes, starts, ends, indptr, places):
    n_genes, n_sets = len(sizes), len(indptr) - 1
    scores, edges = np.zeros(n_sets), np.zeros(n_sets, np.int64)
    for s in range(n_sets):
        of_set = places[indptr[s] : indptr[s + 1]]
        total = 0.0
        for place in of_set:
            total += sizes[place]
        if total == 0 or len(of_set) == n_genes:
            continue
        step = total / (n_genes - len(of_set))  # in units in which all hits together gain `total`
        gained, lowest, highest, bottom, top = 0.0, 0.0, 0.0, n_genes, 0
        for hits in range(len(of_set)):
            place = of_set[hits]
            before = gained - (starts[place] - hits) * step
            if before < lowest:
                lowest, bottom = before, starts[place]
            gained += sizes[place]
            after = gained - (ends[place] - hits - 1) * step
            if after > highest:
                highest, top = after, ends[place]
        if highest > -lowest:
            scores[s], edges[s] = highest / total, top
        else:
            scores[s], edges[s] = lowest / total, n_genes - bottom
    return scores, edges
