from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from scgsfm import GeneSets
from scgsfm.enrichment import gene_covariates, model_enrichment, terms_over
from scgsfm.enrichment._gsfm import _cross_validated_logits, _matched_queries, _standardize_genes

if TYPE_CHECKING:
    from scipy import sparse

    from scgsfm.scoring import SetIndex

N_GENES, N_CLUSTERS = 600, 30


class ClusterModel:
    """Knows that genes belong to clusters of 20, and favours some genes whatever the query."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self.genes = ["<unk>", "<pad>", *(f"gene{i}" for i in range(N_GENES))]
        cluster = np.r_[-1, -2, np.arange(N_GENES) % N_CLUSTERS]
        self.together = (cluster[:, None] == cluster) + rng.normal(0, 0.3, (N_GENES + 2, N_GENES + 2))
        np.fill_diagonal(self.together, 50)
        self.popularity = rng.normal(0, 2, N_GENES + 2)

    def logits(self, sets: sparse.csr_array) -> np.ndarray:
        return (sets @ self.together / sets.sum(axis=1)[:, None] + self.popularity).astype(np.float32)


@pytest.fixture(scope="module")
def model() -> ClusterModel:
    return ClusterModel()


@pytest.fixture(scope="module")
def terms() -> SetIndex:
    """Half of each cluster, and random terms."""
    rng = np.random.default_rng(1)
    sets = {f"cluster{c}": [f"gene{i}" for i in range(c, N_GENES // 2, N_CLUSTERS)] for c in range(N_CLUSTERS)}
    sets |= {f"random{i}": [f"gene{g}" for g in rng.choice(N_GENES, 15, replace=False)] for i in range(30)}
    genes = np.array([f"gene{i}" for i in range(N_GENES)], dtype=object)
    return terms_over(GeneSets(sets), genes, min_genes=5, max_genes=500)


TOKENS = np.arange(2, N_GENES + 2)


def run(query: np.ndarray, terms: SetIndex, model: Any, n_null: int = 200) -> Any:
    covariates = gene_covariates(terms, model.popularity[TOKENS])
    return model_enrichment(query, terms, model, TOKENS, covariates, n_null=n_null, rng=np.random.default_rng(0))


def test_finds_a_term_that_shares_no_gene_with_the_query(terms: SetIndex, model: ClusterModel) -> None:
    query = np.arange(N_GENES // 2 + 7 - N_GENES // 2 % N_CLUSTERS, N_GENES, N_CLUSTERS)
    found = run(query, terms, model)
    assert terms.names[np.argmin(found.pvalue)] == "cluster7"
    assert found.n_hits[7] == 0
    assert found.pvalue[7] < 1e-4
    assert set(found.genes[7]) <= set(range(7, N_GENES // 2, N_CLUSTERS))


@pytest.mark.parametrize("popular", [False, True])
def test_pvalues_are_uniform_under_the_null(terms: SetIndex, model: ClusterModel, popular: bool) -> None:
    rng = np.random.default_rng(3)
    popularity = model.popularity[TOKENS]
    p = np.exp(popularity) if popular else np.ones(N_GENES)
    queries = [rng.choice(N_GENES, 12, replace=False, p=p / p.sum()) for _ in range(40)]
    pvalue = np.concatenate([run(query, terms, model, 300).pvalue for query in queries])
    assert 0.035 < (pvalue < 0.05).mean() < 0.07
    assert (pvalue < 0.01).mean() < 0.02
    assert 0.44 < (pvalue < 0.5).mean() < 0.56


def test_query_genes_are_predicted_by_cross_validation(model: ClusterModel) -> None:
    query = np.random.default_rng(0).choice(N_GENES, 25, replace=False)
    logits = _cross_validated_logits(query, model, TOKENS, np.random.default_rng(0))
    assert np.abs(logits - model.popularity[TOKENS]).max() < 2, "nobody gains from being in the query: 50 / 25"
    whole = np.zeros((1, N_GENES + 2))
    whole[0, TOKENS[query]] = 1
    others = np.setdiff1d(np.arange(N_GENES), query)
    expected = whole @ model.together / 25 + model.popularity
    np.testing.assert_allclose(logits[others], expected[0, TOKENS][others], rtol=1e-5)


def test_random_queries_match_the_query() -> None:
    covariates = np.random.default_rng(1).normal(size=(9000, 2))
    query = np.argsort(-covariates[:, 0])[100:160:2]
    drawn = _matched_queries(query, covariates, 80, np.random.default_rng(0))
    assert drawn.shape == (80, 30)
    assert all(len(set(row)) == 30 for row in drawn)
    assert len(np.unique(drawn)) > 300, "not the query itself"
    np.testing.assert_allclose(covariates[drawn].mean(axis=(0, 1)), covariates[query].mean(axis=0), atol=0.15)
    nearest = np.argsort(np.linalg.norm(covariates - covariates[query[0]], axis=1))[:50]
    assert set(drawn[:, 0]) <= set(nearest)


def test_random_queries_with_too_few_similar_genes() -> None:
    drawn = _matched_queries(np.arange(70), np.zeros((90, 1)), 20, np.random.default_rng(0))
    assert all(len(set(row)) == 70 for row in drawn)
    assert drawn.min() >= 0
    assert drawn.max() < 90
    alone = _matched_queries(np.array([3]), np.zeros((1 + 3, 1)), 20, np.random.default_rng(0))
    assert set(alone.ravel()) == {0, 1, 2, 3}


def test_genes_of_random_queries_have_values_of_other_queries() -> None:
    rng = np.random.default_rng(0)
    null = rng.normal(3, 2, (50, 30)).astype(np.float32)
    own = np.array([rng.choice(30, 4, replace=False) for _ in range(50)])
    own[:, 0] = 29  # a gene of all of them
    own[:, 1:] %= 29
    without = null.astype(np.float64)
    without[np.arange(50)[:, None], own] = np.nan
    null[np.arange(50)[:, None], own] = 1e6
    mean, std = _standardize_genes(null, own)
    assert np.abs(null).max() < 10
    assert np.abs(null[:, :29].mean(axis=0)).max() < 0.3
    assert (null[:, 29] == 0).all()
    assert np.isinf(std[29])
    np.testing.assert_allclose(mean[:29], np.nanmean(without[:, :29], axis=0), rtol=1e-5)
    np.testing.assert_allclose(std[:29], np.nanstd(without[:, :29], axis=0), rtol=1e-4)


def test_covariates(terms: SetIndex) -> None:
    popularity, level = np.random.default_rng(0).normal(size=(2, N_GENES))
    listed = terms.membership.toarray().sum(axis=0)
    covariates = gene_covariates(terms, popularity, np.exp(level))
    for covariate, expected in zip(covariates.T, (np.log1p(listed), popularity, level), strict=True):
        np.testing.assert_allclose(covariate, (expected - expected.mean()) / expected.std(), atol=1e-6)
    assert gene_covariates(terms, np.zeros(N_GENES)).shape == (N_GENES, 2)
