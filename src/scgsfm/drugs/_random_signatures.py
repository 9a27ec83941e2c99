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

    The null distribution of a score is a generalized normal distribution (density proportional to
    :math:`e^{-|x / a|^b}`) with the mean, the standard deviation and the kurtosis of the scores of random signatures of the
    same size, interpolated between the classes of size. The two-sided p-value of a score is converted to a normal score with
    its sign. A fitted distribution, other than shares of the sample, keeps the order of extreme scores.

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
    from scipy.stats import kurtosis

    z, z_null = np.empty(observed.shape), np.empty(null.shape)
    drawn = [random.classes == c for c in range(int(random.classes.max()) + 1)]
    at = [random.sizes[each].mean() for each in drawn]
    for i, scores in enumerate(null):
        mean = [scores[each].mean() for each in drawn]
        spread = [max(scores[each].std(ddof=1), 1e-9) for each in drawn]
        shape = [_shape(float(kurtosis(scores[each], bias=False))) for each in drawn]
        for out, values, where in ((z, observed, sizes), (z_null, null, random.sizes)):
            distance = (values[i] - np.interp(where, at, mean)) / np.interp(where, at, spread)
            out[i] = np.sign(distance) * _normal(distance, np.interp(where, at, shape))
    return z, z_null


def _shape(excess: float) -> float:
    """The exponent of the generalized normal distribution with an excess kurtosis, between 0.4 and 4."""
    from scipy.special import gammaln

    exponents = np.geomspace(4, 0.4, 100)
    logs = gammaln(5 / exponents) + gammaln(1 / exponents) - 2 * gammaln(3 / exponents)
    return 2.0 if np.isnan(excess) else float(np.interp(excess, np.exp(logs) - 3, exponents))


def _normal(distances: np.ndarray, shape: np.ndarray) -> np.ndarray:
    """Absolute normal scores of distances in standard deviations, under generalized normal distributions."""
    from scipy.special import gammaincc, gammaln
    from scipy.stats import norm

    scale = np.exp((gammaln(1 / shape) - gammaln(3 / shape)) / 2)
    p = gammaincc(1 / shape, (np.abs(distances) / scale) ** shape)
    return np.asarray(norm.isf(np.clip(p, 1e-300, 1) / 2))
