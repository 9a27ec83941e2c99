from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._empirical_null import FEW_GENES, ROUNDING, EmpiricalNull
from ._pearson3 import Pearson3
from ._terms import EnrichmentResult

if TYPE_CHECKING:
    from scgsfm.scoring import SetIndex

N_SIZES = 16
"""Number of set sizes for which random sets are drawn; other sizes are interpolated."""
MIN_DRAWS = 100
"""Minimum number of random scores of a sign to estimate moments."""
CHECKED = {0.9: (0.1, 0.1), 0.5: (0.1, 0.1), 0.2: (0.1, 0.1), 0.05: (0.25, 0.15), 0.01: (0.5, 0.25)}
"""Levels at which the fit is checked, and by how much the fraction of random scores below may be lower or higher."""


def prerank(values: np.ndarray, terms: SetIndex, *, n_null: int, rng: np.random.Generator) -> EnrichmentResult:
    r"""Preranked gene set enrichment analysis (GSEA) :cite:p:`Subramanian2005`.

    The enrichment score is the maximum deviation from 0 of the running sum

    .. math:: P_{hit}(i) - P_{miss}(i) = \sum_{g_j \in S, j \le i} \frac{|r_j|}{N_R} -
        \sum_{g_j \notin S, j \le i} \frac{1}{N - N_H},

    with :math:`N_R = \sum_{g_j \in S} |r_j|` and exponent 1. Genes with the same value are passed in one step. Instead of
    permutations for each term, random sets of ``N_SIZES`` sizes give the null distribution of each sign, as in
    blitzGSEA :cite:p:`Lachmann2022`. A shifted gamma distribution is fitted to the moments of :math:`-\log(1 - |ES|)`,
    which has no upper bound, and interpolated over the logarithm of the set size. Where the random scores do not follow
    the fitted distribution, as with many ties or an outlier, and for small panels, :class:`EmpiricalNull` is used.

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
    sign is more frequent. It is at least :math:`1 / \binom{N}{N_H}`, the probability of a single set.
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
    is_rounding = np.abs(scores) <= ROUNDING  # of a ranking of equal values
    scores[is_rounding], edges[is_rounding] = 0, 0
    nes, pvalue = _against_random_sets(descending, scores, terms.n_found, n_null, rng)
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


def _against_random_sets(
    values: np.ndarray, scores: np.ndarray, sizes: np.ndarray, n_null: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Normalized scores and p-values by random sets."""
    nes, pvalue, random_sets = np.zeros(len(scores)), np.ones(len(scores)), rng.spawn(1)[0]
    if not scores.any():
        return nes, pvalue
    fitted = _null_distributions(values, sizes, n_null, rng)
    followed = (len(values) >= FEW_GENES) & fitted[0].follows(sizes) & fitted[1].follows(sizes)
    not_followed = sizes[~followed & (scores != 0)]
    empirical = EmpiricalNull(values, not_followed, random_sets) if len(not_followed) else None
    for sign, null in zip((1, -1), fitted, strict=True):
        for by_fit in (True, False):
            rows = np.flatnonzero((np.sign(scores) == sign) & (followed == by_fit))
            if not len(rows):
                continue
            score = np.abs(scores[rows])
            if by_fit or empirical is None:
                mean, distribution = null.at_size(sizes[rows])
                p = distribution.sf(_unbounded(score))
            else:
                mean, p = empirical.at(sign, sizes[rows], score)
            nes[rows] = sign * score / mean
            pvalue[rows] = np.maximum(p, np.minimum(_least(len(values), sizes[rows]) / null.share(sizes[rows]), 1))
    return nes, pvalue


def _least(n_genes: int, sizes: np.ndarray) -> np.ndarray:
    r"""Probability :math:`1 / \binom{N}{N_H}` of a single set of each size."""
    from scipy.special import gammaln

    log_sets = gammaln(n_genes + 1) - gammaln(sizes + 1) - gammaln(n_genes - sizes + 1)
    return np.asarray(np.exp(-log_sets))


class _NullDistribution:
    """Distribution of the random scores of one sign, interpolated over set sizes."""

    def __init__(self, sizes: np.ndarray, draws: list[np.ndarray], n_null: int) -> None:
        enough = [len(scores) >= min(MIN_DRAWS, n_null // 10) for scores in draws]
        self.anchors = np.log(sizes)
        self.shares = np.array([max(len(scores), 1) / n_null for scores in draws])
        self.log_sizes = np.log(sizes[enough])
        kept = [_unbounded(scores) for scores, sufficient in zip(draws, enough, strict=True) if sufficient]
        self.mean = np.array([scores.mean() for scores, sufficient in zip(draws, enough, strict=True) if sufficient])
        self.moments = np.array([Pearson3.fit(scores) for scores in kept]).reshape(-1, 3)
        self.is_followed = np.ones(len(sizes), bool)
        self.is_followed[enough] = [_follows(*each) for each in zip(kept, self.moments, strict=True)]

    def at_size(self, size: np.ndarray) -> tuple[np.ndarray, Pearson3]:
        """Mean score and distribution for sets of these sizes."""
        x = np.log(size)
        moments = (np.interp(x, self.log_sizes, column) for column in self.moments.T)
        return np.interp(x, self.log_sizes, self.mean), Pearson3(*moments)

    def share(self, size: np.ndarray) -> np.ndarray:
        """Fraction of random sets of these sizes with a score of this sign."""
        return np.asarray(np.interp(np.log(size), self.anchors, self.shares))

    def follows(self, size: np.ndarray) -> np.ndarray:
        """Whether the random scores of both nearest sizes follow their fitted distribution."""
        return np.asarray(np.interp(np.log(size), self.anchors, self.is_followed) > 1 - 1e-9)


def _follows(scores: np.ndarray, moments: np.ndarray) -> bool:
    """Whether fractions of the scores are below p-values as expected, with the uncertainty of three standard errors."""
    n, distribution = len(scores), Pearson3(*moments)
    for level, (lower, higher) in CHECKED.items():
        difference = np.count_nonzero(scores >= distribution.isf(level)) / n - level
        uncertainty = 3 * np.sqrt(level * (1 - level) / n)
        if not -lower * level - uncertainty <= difference <= higher * level + uncertainty:
            return False
    return True


def _null_distributions(
    values: np.ndarray, sizes: np.ndarray, n_null: int, rng: np.random.Generator
) -> tuple[_NullDistribution, _NullDistribution]:
    """Distributions of positive and negative random scores. A rare sign uses the distribution of the other one."""
    from scgsfm.kernels import random_enrichment_scores

    anchors = np.unique(np.geomspace(sizes.min(), sizes.max(), N_SIZES).round().astype(np.int64))
    draws = [random_enrichment_scores(values, int(size), n_null, rng) for size in anchors]
    draws = [np.where(np.abs(scores) > ROUNDING, scores, 0) for scores in draws]
    up = _NullDistribution(anchors, [scores[scores > 0] for scores in draws], n_null)
    down = _NullDistribution(anchors, [-scores[scores < 0] for scores in draws], n_null)
    for null, other in ((up, down), (down, up)):
        if not len(null.log_sizes):
            null.log_sizes, null.mean, null.moments = other.log_sizes, other.mean, other.moments
    return up, down
