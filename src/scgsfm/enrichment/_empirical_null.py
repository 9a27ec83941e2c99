from __future__ import annotations

from itertools import chain, combinations
from math import comb
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_ENUMERATED = 4_000_000
"""All sets of a size are enumerated if they have at most this number of genes together."""
GENES_DRAWN = 1_000_000, 3_000_000
"""Number of genes of the random sets of a size, for rankings of many and of few genes."""
N_DRAWS = 4_000, 300_000
"""Minimum and maximum number of random sets of a size."""
FEW_GENES = 200
"""With fewer genes, scores are bounded too closely for a fitted distribution, and all terms are compared with these."""
EXACT_SIZES = 30
"""Up to this size, sets of each size have their own random sets. Larger sizes are interpolated."""
SIZE_RATIO = 1.15
"""Ratio of larger sizes with random sets."""
MIN_SIGN = 500
"""A sign with fewer random scores is compared with the random scores of both signs."""
N_TAIL = 250
"""Number of the largest random scores to which the exponential tail is fitted."""
MIN_FARTHER = 10
"""With fewer random scores at least as far from 0, the p-value is taken from the tail."""
ROUNDING = 1e-12


class _Scores(NamedTuple):
    """Absolute random scores of one sign and size, ascending."""

    scores: np.ndarray
    enumerated: bool
    n_genes: int
    """Number of genes in the ranking."""

    def pvalues(self, score: np.ndarray) -> np.ndarray:
        """Fraction of random scores at least as far from 0.

        Where there are only a few, it is extrapolated by an exponential tail, but not for few genes: their scores are
        bounded too closely.
        """
        n = len(self.scores)
        farther = n - np.searchsorted(self.scores, score - ROUNDING)
        if self.enumerated:
            return np.asarray(np.maximum(farther, 1) / n)
        pvalue = (farther + 1) / (n + 1)
        if self.n_genes < FEW_GENES:
            return np.asarray(pvalue)
        tail = self._unbounded(self.scores[-min(N_TAIL, n // 10 + 1) :])
        excess = (tail - tail[0]).mean()
        if excess > 0:
            fitted = len(tail) / n * np.exp(np.minimum((tail[0] - self._unbounded(score)) / excess, 0))
            pvalue = np.where(farther < MIN_FARTHER, np.minimum(fitted, pvalue), pvalue)
        return np.asarray(pvalue)

    def _unbounded(self, score: np.ndarray) -> np.ndarray:
        """Transform scores to a scale with an exponential tail. Scores within half a miss of 1 count as equal."""
        return np.asarray(-np.log1p(-np.minimum(score, 1 - 0.5 / self.n_genes)))


class EmpiricalNull:
    """Random scores of sets of each size: all sets if these are few, or else many random sets.

    Parameters
    ----------
    values
        Values of all genes in descending order.
    sizes
        Sizes of the terms that are compared with it.
    rng
        Source of the random sets.
    """

    def __init__(self, values: np.ndarray, sizes: np.ndarray, rng: np.random.Generator) -> None:
        self.grid = _grid(np.unique(sizes), len(values))
        self.n_genes = len(values)
        self.draws = [_scores(values, size, rng) for size in self.grid.tolist()]

    def at(self, sign: int, sizes: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean absolute random score of this sign, and p-value, of scores of sets of these sizes."""
        above = np.searchsorted(self.grid, sizes)
        below = np.where(self.grid[above] == sizes, above, np.maximum(above - 1, 0))
        span = np.log(self.grid[above] / self.grid[below])
        share = np.log(sizes / self.grid[below]) / np.where(span > 0, span, 1)
        mean, log_p = np.zeros(len(sizes)), np.zeros(len(sizes))
        for anchor, weight in ((below, 1 - share), (above, share)):
            for i in np.unique(anchor):
                members = anchor == i
                null = self._of_sign(i, sign)
                mean[members] += weight[members] * (null.scores.mean() if len(null.scores) else 1)
                log_p[members] += weight[members] * np.log(null.pvalues(scores[members]))
        return mean, np.exp(log_p)

    def _of_sign(self, i: int, sign: int) -> _Scores:
        """Scores of a sign, or of both if one is rare."""
        signed, enumerated = self.draws[i]
        chosen = signed[signed * sign > 0] * sign
        if len(chosen) < (1 if enumerated else MIN_SIGN):
            chosen = np.abs(signed)
        return _Scores(np.sort(chosen), enumerated, self.n_genes)


def _grid(sizes: np.ndarray, n_genes: int) -> np.ndarray:
    """Sizes with random sets, that include the smallest and the largest of ``sizes``."""
    n_steps = int(np.ceil(np.log(max(sizes[-1] / EXACT_SIZES, 1)) / np.log(SIZE_RATIO)))
    large = np.geomspace(EXACT_SIZES, max(sizes[-1], EXACT_SIZES), n_steps + 1).round().astype(np.int64)
    if len(sizes) <= len(large) or n_genes <= EXACT_SIZES:
        return sizes
    first = np.searchsorted(large, sizes[-1])
    large = large[max(np.searchsorted(large, sizes[0], side="right") - 1, 0) : first + 1]
    return np.unique(np.concatenate([sizes[sizes <= EXACT_SIZES], large[large > EXACT_SIZES], sizes[[0, -1]]]))


def _scores(values: np.ndarray, size: int, rng: np.random.Generator) -> tuple[np.ndarray, bool]:
    """Nonzero scores of all sets, or of random sets, of a size, and whether these are all sets."""
    from scgsfm.kernels import enrichment_scores, random_enrichment_scores

    n_sets = comb(len(values), size)
    if n_sets * size <= MAX_ENUMERATED:
        genes: Iterator[int] = chain.from_iterable(combinations(range(len(values)), size))
        positions = np.fromiter(genes, np.int64, n_sets * size)
        scores, enumerated = enrichment_scores(values, np.arange(n_sets + 1) * size, positions)[0], True
    else:
        n_draws = int(np.clip(GENES_DRAWN[len(values) < FEW_GENES] // size, *N_DRAWS))
        scores, enumerated = random_enrichment_scores(values, size, n_draws, rng), False
    return scores[np.abs(scores) > ROUNDING], enumerated
