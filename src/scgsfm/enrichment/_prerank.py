from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._pearson3 import Pearson3
from ._terms import EnrichmentResult

if TYPE_CHECKING:
    from scgsfm.scoring import SetIndex

N_SIZES = 16
"""Number of set sizes for which random sets are drawn; other sizes are interpolated."""
MIN_DRAWS = 100
"""Minimum number of random scores of a sign to estimate moments."""


def prerank(values: np.ndarray, terms: SetIndex, *, n_null: int, rng: np.random.Generator) -> EnrichmentResult:
    r"""Preranked gene set enrichment analysis (GSEA) :cite:p:`Subramanian2005`.

    The enrichment score is the maximum deviation from 0 of the running sum

    .. math:: P_{hit}(i) - P_{miss}(i) = \sum_{g_j \in S, j \le i} \frac{|r_j|}{N_R} -
        \sum_{g_j \notin S, j \le i} \frac{1}{N - N_H},

    with :math:`N_R = \sum_{g_j \in S} |r_j|` and exponent 1. Genes with the same value are passed in one step. Instead of
    permutations for each term, random sets of ``N_SIZES`` sizes give the null distribution of each sign, as in
    blitzGSEA :cite:p:`Lachmann2022`. A shifted gamma distribution is fitted to the moments of :math:`-\log(1 - |ES|)`,
    which has no upper bound, and interpolated over the logarithm of the set size.

    Parameters
    ----------
    values
        Values of all background genes.
    terms
        The terms over the background.
    n_null
        Number of random sets of each size.
    rng
        Source of the random sets.

    Returns
    -------
    The score is the normalized enrichment score (NES): the enrichment score divided by the mean of the random scores of
    the same sign. The p-value is conditional on the sign, so that it is uniform under the null hypothesis even if one
    sign is more frequent.
    """
    from scgsfm.kernels import enrichment_scores

    order = np.argsort(-values, kind="stable")
    position_of = np.empty(len(order), np.int64)
    position_of[order] = np.arange(len(order))
    descending = values[order].astype(np.float64)
    indptr = terms.membership.indptr
    positions = position_of[terms.membership.indices]
    rows = np.repeat(np.arange(len(terms)), terms.n_found)
    positions = positions[np.lexsort((positions, rows))]
    scores, edges = enrichment_scores(descending, indptr, positions)

    nes, pvalue = np.zeros(len(terms)), np.ones(len(terms))
    nulls = _null_distributions(descending, terms.n_found, n_null, rng)
    for sign, null in zip((1, -1), nulls, strict=True):
        same_sign = np.flatnonzero(np.sign(scores) == sign)
        if not len(same_sign):
            continue
        mean, distribution = null.at_size(terms.n_found[same_sign])
        score = np.abs(scores[same_sign])
        nes[same_sign] = sign * score / mean
        pvalue[same_sign] = distribution.sf(_unbounded(score))
    genes = [
        order[edge_positions(hits, score, edge, len(order))]
        for hits, score, edge in zip(np.split(positions, indptr[1:-1]), scores, edges, strict=True)
    ]
    return EnrichmentResult(nes, pvalue, genes, np.array([len(g) for g in genes]), {"es": scores})


def edge_positions(positions: np.ndarray, score: float, edge: int, n_genes: int) -> np.ndarray:
    """Positions of a term's genes in its leading edge, from the end of the ranking inwards."""
    return positions[positions < edge] if score > 0 else positions[positions >= n_genes - edge][::-1]


def leading_edge(values: np.ndarray, hits: np.ndarray) -> tuple[float, int]:
    """Enrichment score of one set, and the length of its leading edge from the top (or, if negative, the bottom).

    Parameters
    ----------
    values
        Values of all genes in descending order.
    hits
        Positions of the set's genes.
    """
    from scgsfm.kernels import enrichment_scores

    scores, edges = enrichment_scores(values, np.array([0, len(hits)]), np.sort(hits))
    return float(scores[0]), int(edges[0])


def running_sum(values: np.ndarray, hits: np.ndarray) -> np.ndarray:
    """The running sum after each gene, for values in descending order. It is linear within ties.

    Parameters
    ----------
    values
        Values of all genes.
    hits
        Whether each gene is in the set.
    """
    from scgsfm.kernels import tie_bounds

    up = np.where(hits, np.abs(values), 0)
    steps = up / max(up.sum(), np.finfo(float).tiny) - ~hits / max((~hits).sum(), 1)
    total = np.concatenate([[0], np.cumsum(steps)])
    starts, ends = tie_bounds(values)
    share = (np.arange(len(values)) + 1 - starts) / (ends - starts)
    return np.asarray(total[starts] + share * (total[ends] - total[starts]))


def _unbounded(score: np.ndarray) -> np.ndarray:
    """Transform scores between 0 and 1 to values without an upper bound."""
    return np.asarray(-np.log1p(-np.minimum(score, 1 - 1e-12)))


class _NullDistribution:
    """Distribution of the random scores of one sign, interpolated over set sizes."""

    def __init__(self, sizes: np.ndarray, draws: list[np.ndarray], n_null: int) -> None:
        enough = [len(scores) >= min(MIN_DRAWS, n_null // 10) for scores in draws]
        self.log_sizes = np.log(sizes[enough])
        kept = [scores for scores, sufficient in zip(draws, enough, strict=True) if sufficient]
        self.mean = np.array([scores.mean() for scores in kept])
        self.moments = np.array([Pearson3.fit(_unbounded(scores)) for scores in kept]).reshape(-1, 3)

    def at_size(self, size: np.ndarray) -> tuple[np.ndarray, Pearson3]:
        """Mean score and distribution for sets of these sizes."""
        x = np.log(size)
        moments = (np.interp(x, self.log_sizes, column) for column in self.moments.T)
        return np.interp(x, self.log_sizes, self.mean), Pearson3(*moments)


def _null_distributions(
    values: np.ndarray, sizes: np.ndarray, n_null: int, rng: np.random.Generator
) -> tuple[_NullDistribution, _NullDistribution]:
    """Distributions of positive and negative random scores. A rare sign uses the distribution of the other one."""
    from scgsfm.kernels import random_enrichment_scores

    anchors = np.unique(np.geomspace(sizes.min(), sizes.max(), N_SIZES).round().astype(np.int64))
    draws = [random_enrichment_scores(values, int(size), n_null, rng) for size in anchors]
    up = _NullDistribution(anchors, [scores[scores > 0] for scores in draws], n_null)
    down = _NullDistribution(anchors, [-scores[scores < 0] for scores in draws], n_null)
    for null, other in ((up, down), (down, up)):
        if not len(null.log_sizes):
            null.log_sizes, null.mean, null.moments = other.log_sizes, other.mean, other.moments
    return up, down
