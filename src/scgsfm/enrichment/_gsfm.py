from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from ._pearson3 import Pearson3
from ._terms import EnrichmentResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scgsfm.completion import GeneSetModel
    from scgsfm.scoring import SetIndex

FOLDS = 10
MIN_QUERY = 3
"""Fewest genes of a query that can be cut into folds that say anything."""
SUPPORT = 2.0
"""Standard deviations from which on a gene is listed as speaking for a term."""
ALIKE = 50
"""Genes that can stand for a gene of the query in a random one."""
MAX_ROUNDS = 50
"""How often genes that were drawn twice are drawn anew among those alike."""


def model_enrichment(
    query: np.ndarray,
    terms: SetIndex,
    model: GeneSetModel,
    tokens: np.ndarray,
    traits: np.ndarray,
    *,
    n_null: int,
    rng: np.random.Generator,
) -> EnrichmentResult:
    """Test whether a model :cite:p:`Clarke2026` finds the genes of each term related to a query.

    Each gene of the background gets the logit that it belongs to the query, in standard deviations from its mean over
    ``n_null`` random queries, which takes its popularity away; genes of the query get theirs from the query without
    the fold that holds them. A term's statistic is the mean, over its genes, of what exceeds 0. It is compared with
    that of the random queries by a shifted gamma distribution.

    Parameters
    ----------
    query
        Positions of its genes in the background.
    terms
        The terms over the background.
    model
        A model as :func:`scgsfm.models.load` returns it.
    tokens
        Positions of the background's genes in the model's vocabulary.
    traits
        What :func:`gene_covariates` the genes of the background are: random queries have genes alike in these.
    n_null
        Number of random queries.
    rng
        Source of the random queries.

    Returns
    -------
    The score is the term's statistic in standard deviations from the mean of the random ones.
    """
    random = _matched(query, traits, n_null, rng)
    null = _logits(random, model, tokens)
    mean, std = _standardise_genes(null, random)
    observed = (_left_out(query, model, tokens, rng) - mean) / std

    chance = Pearson3.of(_statistic(null, terms))
    zscores = _standardised(observed[None])[0]
    statistic = _statistic(observed[None], terms)[0]
    chosen = np.zeros(len(tokens), bool)
    chosen[query] = True
    genes = [
        _supporting(places, zscores) for places in np.split(terms.membership.indices, terms.membership.indptr[1:-1])
    ]
    hits = (terms.membership @ chosen.astype(np.float64)).astype(np.int64)
    pvalue = np.where(chance.std > 0, chance.upper(statistic), 1.0)
    return EnrichmentResult(chance.zscore(statistic), pvalue, genes, hits, {})


def gene_covariates(terms: SetIndex, popularity: np.ndarray, level: np.ndarray | None = None) -> np.ndarray:
    """What makes genes alike before anything is known of their function, standardised (genes × traits).

    Parameters
    ----------
    terms
        The terms over the background: the logarithm of how many list a gene is one trait.
    popularity
        How strongly the model favours each gene.
    level
        Mean expression of each gene, if the query is from data; its logarithm is a trait.
    """
    listed = np.bincount(terms.membership.indices, minlength=len(popularity))
    traits = [np.log1p(listed), popularity]
    if level is not None:
        traits.append(np.log(np.maximum(level, np.finfo(float).tiny)))
    values = np.stack(traits, axis=1).astype(np.float64)
    values -= values.mean(axis=0)
    std = values.std(axis=0)
    return values / np.where(std > 0, std, 1)


def _matched(query: np.ndarray, traits: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """``n`` random queries: for each gene one of the ``ALIKE`` that are most like it (n × genes), none twice."""
    from scipy.spatial import cKDTree

    n_alike = min(ALIKE, len(traits))
    alike = cKDTree(traits).query(traits[query], n_alike)[1].reshape(len(query), n_alike)
    drawn = alike[np.arange(len(query)), rng.integers(n_alike, size=(n, len(query)))]
    for _ in range(MAX_ROUNDS):
        rows, columns = np.nonzero(_repeated(drawn))
        if not len(rows):
            return drawn
        drawn[rows, columns] = alike[columns, rng.integers(n_alike, size=len(rows))]
    for row in np.unique(np.nonzero(_repeated(drawn))[0]):  # too few genes are alike: take any
        again = _repeated(drawn[row : row + 1])[0]
        others = np.setdiff1d(np.arange(len(traits)), drawn[row])
        drawn[row, again] = rng.choice(others, again.sum(), replace=False)
    return drawn


def _repeated(drawn: np.ndarray) -> np.ndarray:
    """Where a row has a gene that it has before."""
    order = np.argsort(drawn, axis=1, kind="stable")
    ascending = np.take_along_axis(drawn, order, axis=1)
    repeated = np.zeros(drawn.shape, bool)
    np.put_along_axis(repeated, order[:, 1:], ascending[:, 1:] == ascending[:, :-1], axis=1)
    return repeated


def _logits(queries: Sequence[np.ndarray] | np.ndarray, model: GeneSetModel, tokens: np.ndarray) -> np.ndarray:
    """Logits of the background's genes (queries × genes)."""
    columns = np.concatenate([np.sort(tokens[query]) for query in queries])
    indptr = np.cumsum([0, *map(len, queries)])
    arrays = np.ones(len(columns), np.float32), columns, indptr
    return model.logits(csr_array(arrays, shape=(len(queries), len(model.genes))))[:, tokens]


def _left_out(query: np.ndarray, model: GeneSetModel, tokens: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Logits for a query, those of its own genes from the query without the fold that holds them."""
    shuffled = rng.permutation(query)
    fold = np.arange(len(query)) % FOLDS
    parts = [shuffled[fold != held] for held in range(fold.max() + 1)]
    logits, *without = _logits([shuffled, *parts], model, tokens)
    for held, others in enumerate(without):
        logits[shuffled[fold == held]] = others[shuffled[fold == held]]
    return logits


def _standardise_genes(null: np.ndarray, own: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Standardise each gene's logits, in place, over the random queries without it, and return how.

    A gene of a query gets its value for another query that lacks it. That is what a query of unrelated genes says of a
    gene that it wasn't told, without a query for each fold.
    """
    n = len(null)
    rows = np.arange(n)[:, None]
    told = np.zeros(null.shape, bool)
    told[rows, own] = True
    null[told] = 0
    n_without = np.maximum(n - told.sum(axis=0), 1)
    mean = null.sum(axis=0) / n_without
    null -= mean
    null[told] = 0
    std = np.sqrt((null**2).sum(axis=0) / n_without)
    std = np.where(std > 0, std, np.float32(np.inf))
    null /= std
    left = np.repeat(np.arange(n), own.shape[1]), own.ravel()
    for shift in range(1, n):
        another = (left[0] + shift) % n
        there = ~told[another, left[1]]
        null[left[0][there], left[1][there]] = null[another[there], left[1][there]]
        left = left[0][~there], left[1][~there]
        if not len(left[0]):
            break
    return mean, std


def _standardised(values: np.ndarray) -> np.ndarray:
    """Each row with mean 0 and standard deviation 1."""
    values = values - values.mean(axis=1, keepdims=True)
    return values / np.maximum(values.std(axis=1, keepdims=True), np.finfo(np.float32).tiny)


def _statistic(values: np.ndarray, terms: SetIndex) -> np.ndarray:
    """Mean over the genes of each term of what exceeds 0, for rows of values."""
    above = np.maximum(_standardised(values), 0)
    return (terms.membership @ above.T).T / terms.n_found


def _supporting(places: np.ndarray, zscores: np.ndarray) -> np.ndarray:
    """Those far above the mean, the highest first."""
    far = places[zscores[places] > SUPPORT]
    return far[np.argsort(-zscores[far], kind="stable")]
