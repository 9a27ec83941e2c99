"""Null distributions of scores: random signatures with the size and the gene popularity of those of a source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

N_RANDOM = 3000
"""Random signatures for each source."""
N_SIZES = 4
"""Classes of sizes, each with its own null distribution."""
TAIL = 0.1
"""Share of the null distribution to which its tail is fitted."""


@dataclass(frozen=True)
class RandomSignatures:
    """Random signatures of several sizes."""

    weights: csr_matrix
    """Random signatures × genes."""
    sizes: np.ndarray
    """Logarithm of the number of genes of each."""
    classes: np.ndarray
    """Class of size of each."""


def random_signatures(weights: csr_matrix, rng: np.random.Generator, n_random: int = N_RANDOM) -> RandomSignatures:
    """Draw signatures that have the sizes and weights of given ones, but random genes.

    A gene is drawn in proportion to the number of signatures in which it rises or falls, without replacement.

    Parameters
    ----------
    weights
        Signatures × genes.
    rng
        Random numbers.
    n_random
        Number of signatures to draw.
    """
    from scipy.sparse import csr_matrix

    sizes = np.diff(weights.indptr)
    order = np.argsort(sizes, kind="stable")
    n_classes = min(N_SIZES, len(np.unique(sizes)))
    parts = np.array_split(order, n_classes)
    chosen = np.concatenate([rng.choice(part, n_random // n_classes) for part in parts])
    classes = np.repeat(np.arange(n_classes), n_random // n_classes)
    popularity = [np.asarray((weights * sign > 0).sum(axis=0)).ravel() + 0.5 for sign in (1, -1)]
    members: list[np.ndarray] = []
    values: list[np.ndarray] = []
    for start in range(0, len(chosen), 200):
        rows = chosen[start : start + 200]
        rising, falling = (rng.standard_exponential((len(rows), weights.shape[1])) / each for each in popularity)
        for i, row in enumerate(rows):
            own = weights.data[weights.indptr[row] : weights.indptr[row + 1]]
            up, down = own[own > 0], own[own < 0]
            genes = _smallest(rising[i], len(up))
            falling[i, genes] = np.inf  # a gene has one direction
            members += [genes, _smallest(falling[i], len(down))]
            values += [rng.permutation(up), rng.permutation(down)]
    indptr = np.concatenate([[0], np.cumsum(sizes[chosen])])
    drawn = csr_matrix((np.concatenate(values), np.concatenate(members), indptr), shape=(len(chosen), weights.shape[1]))
    return RandomSignatures(drawn, np.log(sizes[chosen]), classes)


def _smallest(keys: np.ndarray, n: int) -> np.ndarray:
    return np.argpartition(keys, n - 1)[:n] if 0 < n < len(keys) else np.arange(len(keys))[:n]


def normal_scores(
    observed: np.ndarray, sizes: np.ndarray, null: np.ndarray, random: RandomSignatures
) -> tuple[np.ndarray, np.ndarray]:
    """Normal scores of observed and of random scores, both profiles × signatures.

    A score is compared with those of random signatures of its class of size: the two-sided p-value of its distance from
    their mean gives the normal score, with the sign of the difference.

    Parameters
    ----------
    observed
        Scores of signatures.
    sizes
        Logarithm of the number of genes of each.
    null
        Scores of the random signatures.
    random
        The random signatures.
    """
    z, z_null = np.empty(observed.shape), np.empty(null.shape)
    n_classes = int(random.classes.max()) + 1
    at = np.array([random.sizes[random.classes == c].mean() for c in range(n_classes)])
    own = np.abs(sizes[:, None] - at).argmin(axis=1)
    for i, scores in enumerate(null):
        for c in range(n_classes):
            drawn, mine = random.classes == c, own == c
            mean = scores[drawn].mean()
            reference = np.abs(scores[drawn] - mean)
            for out, values, chosen in ((z, observed, mine), (z_null, null, drawn)):
                distance = values[i, chosen] - mean
                out[i, chosen] = np.sign(distance) * _normal(two_sided_pvalues(np.abs(distance), reference))
    return z, z_null


def two_sided_pvalues(distances: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Shares of a null sample that are at least as large, with a generalized Pareto tail fitted to its largest 10 %.

    The tail is fitted by moments. It is never bounded, so that no p-value is 0. A value that many of the sample have gets
    the mean of the shares above and at least as large.

    Parameters
    ----------
    distances
        Absolute values of scores, relative to the mean of the null distribution.
    reference
        Those of the null sample.
    """
    from scipy.stats import genpareto

    null = np.sort(reference)
    n = len(null)
    above = n - np.searchsorted(null, distances + 1e-12, side="right")
    at_least = n - np.searchsorted(null, distances - 1e-12, side="left")
    p = ((above + at_least) / 2 + 0.5) / (n + 1)
    threshold = null[int((1 - TAIL) * n)]
    excess = null[null > threshold] - threshold
    beyond = distances > threshold
    if len(excess) > 10 and beyond.any():
        mean, variance = excess.mean(), max(float(excess.var()), 1e-30)
        shape = float(np.clip((1 - mean**2 / variance) / 2, 0, 0.45))
        p[beyond] = len(excess) / n * genpareto.sf(distances[beyond] - threshold, shape, scale=mean * (1 - shape))
    return np.asarray(np.clip(p, 1e-300, 1))


def _normal(p: np.ndarray) -> np.ndarray:
    from scipy.stats import norm

    return np.asarray(norm.isf(p / 2))
