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
"""Minimum number of query genes for cross-validation."""
MIN_SUPPORT = 2.0
"""Minimum z-score of a gene that is listed as supporting a term."""
N_MATCHED = 50
"""Number of similar genes that can replace a query gene in a random query."""
MAX_ROUNDS = 50
"""Maximum number of times that duplicates in random queries are redrawn."""


def model_enrichment(
    query: np.ndarray,
    terms: SetIndex,
    model: GeneSetModel,
    tokens: np.ndarray,
    covariates: np.ndarray,
    *,
    n_null: int,
    rng: np.random.Generator,
) -> EnrichmentResult:
    r"""Test whether a model :cite:p:`Clarke2026` predicts the genes of each term from a query.

    The logit of each background gene is standardized by its mean and standard deviation over ``n_null`` random queries,
    which removes its popularity. Genes of the query are predicted by cross-validation. After standardization over the
    genes to :math:`z_g`, the statistic of a term :math:`T` is

    .. math:: s_T = \frac{1}{|T|} \sum_{g \in T} \max(z_g, 0).

    A shifted gamma distribution, fitted to the statistics of the random queries, gives the p-value.

    Parameters
    ----------
    query
        Positions of the query genes in the background.
    terms
        The terms over the background.
    model
        Model from :func:`scgsfm.models.load`.
    tokens
        Positions of the background genes in the model's vocabulary.
    covariates
        Covariates of the background genes from :func:`gene_covariates`, by which random queries are matched.
    n_null
        Number of random queries.
    rng
        Random number generator.

    Returns
    -------
    The score is the statistic, standardized by the mean and standard deviation over the random queries.
    """
    random = _matched_queries(query, covariates, n_null, rng)
    null = _logits(random, model, tokens)
    mean, std = _standardize_genes(null, random)
    observed = (_cross_validated_logits(query, model, tokens, rng) - mean) / std

    distribution = Pearson3.fit(_statistic(null, terms))
    zscores = _standardized(observed[None])[0]
    statistic = _statistic(observed[None], terms)[0]
    chosen = np.zeros(len(tokens), bool)
    chosen[query] = True
    genes = [
        _supporting(positions, zscores)
        for positions in np.split(terms.membership.indices, terms.membership.indptr[1:-1])
    ]
    hits = (terms.membership @ chosen.astype(np.float64)).astype(np.int64)
    pvalue = np.where(distribution.std > 0, distribution.sf(statistic), 1.0)
    return EnrichmentResult(distribution.zscore(statistic), pvalue, genes, hits, {})


def gene_covariates(terms: SetIndex, popularity: np.ndarray, level: np.ndarray | None = None) -> np.ndarray:
    """Covariates of genes that are unrelated to their function, standardized (genes × covariates).

    Parameters
    ----------
    terms
        The terms over the background. One covariate is the logarithm of the number of terms with the gene.
    popularity
        Popularity of each gene in the model.
    level
        Mean expression of each gene, if the query is from data. Its logarithm is a covariate.
    """
    listed = np.bincount(terms.membership.indices, minlength=len(popularity))
    covariates = [np.log1p(listed), popularity]
    if level is not None:
        covariates.append(np.log(np.maximum(level, np.finfo(float).tiny)))
    values = np.stack(covariates, axis=1).astype(np.float64)
    values -= values.mean(axis=0)
    std = values.std(axis=0)
    return np.asarray(values / np.where(std > 0, std, 1))


def _matched_queries(query: np.ndarray, covariates: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """``n`` random queries (n × genes): each query gene is replaced by one of its ``N_MATCHED`` nearest genes."""
    from scipy.spatial import cKDTree

    n_near = min(N_MATCHED, len(covariates))
    near = cKDTree(covariates).query(covariates[query], n_near)[1].reshape(len(query), n_near)
    drawn = near[np.arange(len(query)), rng.integers(n_near, size=(n, len(query)))]
    for _ in range(MAX_ROUNDS):
        rows, columns = np.nonzero(_repeated(drawn))
        if not len(rows):
            return np.asarray(drawn)
        drawn[rows, columns] = near[columns, rng.integers(n_near, size=len(rows))]
    for row in np.unique(np.nonzero(_repeated(drawn))[0]):  # too few similar genes: take any
        duplicates = _repeated(drawn[row : row + 1])[0]
        rest = np.setdiff1d(np.arange(len(covariates)), drawn[row])
        drawn[row, duplicates] = rng.choice(rest, duplicates.sum(), replace=False)
    return np.asarray(drawn)


def _repeated(drawn: np.ndarray) -> np.ndarray:
    """Whether each gene occurs earlier in its row."""
    order = np.argsort(drawn, axis=1, kind="stable")
    ascending = np.take_along_axis(drawn, order, axis=1)
    repeated = np.zeros(drawn.shape, bool)
    np.put_along_axis(repeated, order[:, 1:], ascending[:, 1:] == ascending[:, :-1], axis=1)
    return repeated


def _logits(queries: Sequence[np.ndarray] | np.ndarray, model: GeneSetModel, tokens: np.ndarray) -> np.ndarray:
    """Logits of the background genes (queries × genes)."""
    columns = np.concatenate([np.sort(tokens[query]) for query in queries])
    indptr = np.cumsum([0, *map(len, queries)])
    arrays = np.ones(len(columns), np.float32), columns, indptr
    return model.logits(csr_array(arrays, shape=(len(queries), len(model.genes))))[:, tokens]


def _cross_validated_logits(
    query: np.ndarray, model: GeneSetModel, tokens: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Logits for a query. Its own genes are predicted by cross-validation: from the query without their fold."""
    shuffled = rng.permutation(query)
    fold = np.arange(len(query)) % FOLDS
    parts = [shuffled[fold != k] for k in range(fold.max() + 1)]
    logits, *fold_logits = _logits([shuffled, *parts], model, tokens)
    for k, predicted in enumerate(fold_logits):
        held_out = shuffled[fold == k]
        logits[held_out] = predicted[held_out]
    return np.asarray(logits)


def _standardize_genes(null: np.ndarray, queries: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Standardize the logits of each gene in place over the random queries without it; return mean and deviation.

    The genes of a random query get their values from another query without them. This replaces cross-validation: both
    are predictions of a gene from unrelated genes that do not include it.
    """
    n = len(null)
    rows = np.arange(n)[:, None]
    visible = np.zeros(null.shape, bool)
    visible[rows, queries] = True
    null[visible] = 0
    n_without = np.maximum(n - visible.sum(axis=0), 1)
    mean = null.sum(axis=0) / n_without
    null -= mean
    null[visible] = 0
    std = np.sqrt((null**2).sum(axis=0) / n_without)
    std = np.where(std > 0, std, np.float32(np.inf))
    null /= std
    row, gene = np.repeat(np.arange(n), queries.shape[1]), queries.ravel()
    for shift in range(1, n):
        donor = (row + shift) % n
        valid = ~visible[donor, gene]
        null[row[valid], gene[valid]] = null[donor[valid], gene[valid]]
        row, gene = row[~valid], gene[~valid]
        if not len(row):
            break
    return mean, std


def _standardized(values: np.ndarray) -> np.ndarray:
    """Rows with mean 0 and standard deviation 1."""
    values = values - values.mean(axis=1, keepdims=True)
    return np.asarray(values / np.maximum(values.std(axis=1, keepdims=True), np.finfo(np.float32).tiny))


def _statistic(values: np.ndarray, terms: SetIndex) -> np.ndarray:
    """Mean positive part of the standardized values over the genes of each term (rows × terms)."""
    above = np.maximum(_standardized(values), 0)
    return np.asarray((terms.membership @ above.T).T / terms.n_found)


def _supporting(positions: np.ndarray, zscores: np.ndarray) -> np.ndarray:
    """Genes with a high z-score, in descending order."""
    high = positions[zscores[positions] > MIN_SUPPORT]
    return np.asarray(high[np.argsort(-zscores[high], kind="stable")])
