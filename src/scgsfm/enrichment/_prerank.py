from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._pearson3 import Pearson3
from ._terms import EnrichmentResult

if TYPE_CHECKING:
    from scgsfm.scoring import SetIndex

N_SIZES = 16
"""Set sizes at which chance is looked at; what lies between them is interpolated."""
MIN_DRAWS = 100
"""Fewest random scores of a sign from which moments are taken."""


def prerank(values: np.ndarray, terms: SetIndex, *, n_null: int, rng: np.random.Generator) -> EnrichmentResult:
    r"""Test whether the genes of each term gather at an end of a ranking (GSEA) :cite:p:`Subramanian2005`.

    The enrichment score is the largest deviation from 0 of the weighted running sum, with the exponent 1; genes of the
    same value are passed in one step. Instead of permutations for each term, random sets of ``N_SIZES`` sizes give the
    distribution of the scores of each sign, as in blitzGSEA :cite:p:`Lachmann2022`; here a shifted gamma distribution
    with the mean, variance and skewness of :math:`-\log(1 - |ES|)`, which has no upper limit, is interpolated over the
    logarithm of the size.

    Parameters
    ----------
    values
        Values of all genes of the background.
    terms
        The terms over the background.
    n_null
        Random sets of each size.
    rng
        Source of the random sets.

    Returns
    -------
    The score is the normalised one: over the mean of the random scores of the same sign. The p-value is the share of
    these that are as far from 0, so that it is uniform by chance, however uneven the signs are.
    """
    from scgsfm.kernels import enrichment_scores

    order = np.argsort(-values, kind="stable")
    place_of = np.empty(len(order), np.int64)
    place_of[order] = np.arange(len(order))
    descending = values[order].astype(np.float64)
    indptr = terms.membership.indptr
    places = place_of[terms.membership.indices]
    rows = np.repeat(np.arange(len(terms)), terms.n_found)
    places = places[np.lexsort((places, rows))]
    scores, edges = enrichment_scores(descending, indptr, places)

    nes, pvalue = np.zeros(len(terms)), np.ones(len(terms))
    nulls = _nulls(descending, terms.n_found, n_null, rng)
    for sign, null in zip((1, -1), nulls, strict=True):
        at = np.flatnonzero(np.sign(scores) == sign)
        if not len(at):
            continue
        mean, moments = null.at(terms.n_found[at])
        score = np.abs(scores[at])
        nes[at] = sign * score / mean
        pvalue[at] = moments.upper(_unbounded(score))
    genes = [
        order[edge_of(row, score, edge, len(order))]
        for row, score, edge in zip(np.split(places, indptr[1:-1]), scores, edges, strict=True)
    ]
    return EnrichmentResult(nes, pvalue, genes, np.array([len(g) for g in genes]), {"es": scores})


def edge_of(places: np.ndarray, score: float, edge: int, n_genes: int) -> np.ndarray:
    """The places of a term's genes that belong to its leading edge, from the end of the ranking inwards."""
    return places[places < edge] if score > 0 else places[places >= n_genes - edge][::-1]


def leading_edge(values: np.ndarray, hits: np.ndarray) -> tuple[float, int]:
    """Enrichment score of one set, and how many places from the top, or from the bottom if negative, are its edge.

    Parameters
    ----------
    values
        Values of all genes in descending order.
    hits
        Places of the set's genes.
    """
    from scgsfm.kernels import enrichment_scores

    scores, edges = enrichment_scores(values, np.array([0, len(hits)]), np.sort(hits))
    return float(scores[0]), int(edges[0])


def running_sum(values: np.ndarray, hits: np.ndarray) -> np.ndarray:
    """The running sum after each gene, for values in descending order; within ties it rises or falls evenly.

    Parameters
    ----------
    values
        Values of all genes.
    hits
        Whether each gene belongs to the set.
    """
    from scgsfm.kernels import tie_bounds

    up = np.where(hits, np.abs(values), 0)
    steps = up / max(up.sum(), np.finfo(float).tiny) - ~hits / max((~hits).sum(), 1)
    total = np.concatenate([[0], np.cumsum(steps)])
    starts, ends = tie_bounds(values)
    share = (np.arange(len(values)) + 1 - starts) / (ends - starts)
    return total[starts] + share * (total[ends] - total[starts])


def _unbounded(score: np.ndarray) -> np.ndarray:
    """Scores of 0 to 1 as numbers without an upper limit."""
    return -np.log1p(-np.minimum(score, 1 - 1e-12))


class _Null:
    """The random scores of one sign over set sizes."""

    def __init__(self, sizes: np.ndarray, draws: list[np.ndarray], n_null: int) -> None:
        enough = [len(drawn) >= min(MIN_DRAWS, n_null // 10) for drawn in draws]
        self.used = np.log(sizes[enough])
        kept = [drawn for drawn, fine in zip(draws, enough, strict=True) if fine]
        self.mean = np.array([drawn.mean() for drawn in kept])
        self.moments = np.array([Pearson3.of(_unbounded(drawn)) for drawn in kept]).reshape(-1, 3)

    def at(self, size: np.ndarray) -> tuple[np.ndarray, Pearson3]:
        """Mean score and moments for sets of these sizes."""
        x = np.log(size)
        moments = Pearson3(*(np.interp(x, self.used, column) for column in self.moments.T))
        return np.interp(x, self.used, self.mean), moments


def _nulls(values: np.ndarray, sizes: np.ndarray, n_null: int, rng: np.random.Generator) -> tuple[_Null, _Null]:
    """Random scores above and below 0. A sign that hardly occurs borrows the moments of the other."""
    from scgsfm.kernels import random_enrichment_scores

    anchors = np.unique(np.geomspace(sizes.min(), sizes.max(), N_SIZES).round().astype(np.int64))
    draws = [random_enrichment_scores(values, int(size), n_null, rng) for size in anchors]
    up = _Null(anchors, [drawn[drawn > 0] for drawn in draws], n_null)
    down = _Null(anchors, [-drawn[drawn < 0] for drawn in draws], n_null)
    for null, other in ((up, down), (down, up)):
        if not len(null.used):
            null.used, null.mean, null.moments = other.used, other.mean, other.moments
    return up, down
