from __future__ import annotations

from itertools import combinations
from math import comb
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kstest, spearmanr

from scgsfm import GeneSets
from scgsfm.enrichment import leading_edge, prerank, running_sum, terms_over
from scgsfm.enrichment._empirical_null import EmpiricalNull

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from scgsfm.scoring import SetIndex


@pytest.fixture
def values() -> np.ndarray:
    return np.random.default_rng(5).normal(0.2, 1, 600)


def dicts(terms: SetIndex, genes: np.ndarray) -> dict[str, list[str]]:
    rows = np.split(terms.membership.indices, terms.membership.indptr[1:-1])
    return {name: genes[row].tolist() for name, row in zip(terms.names, rows, strict=True)}


def test_gseapy(terms: SetIndex, genes: np.ndarray, values: np.ndarray, peer: Callable[..., ModuleType]) -> None:
    gseapy = peer("gseapy")
    found = prerank(values, terms, n_null=4000, rng=np.random.default_rng(0))
    options = {"min_size": 1, "max_size": 1000, "permutation_num": 1000, "outdir": None, "no_plot": True, "seed": 0}
    theirs = gseapy.prerank(rnk=pd.Series(values, genes), gene_sets=dicts(terms, genes), threads=1, **options).res2d
    theirs = theirs.set_index("Term").loc[terms.names]
    np.testing.assert_allclose(found.more["es"], theirs["ES"].astype(float), atol=1e-9)
    np.testing.assert_allclose(found.score, theirs["NES"].astype(float), rtol=0.08)
    for places, edge in zip(found.genes, theirs["Lead_genes"], strict=True):
        assert set(genes[places]) == set(edge.split(";"))
    assert spearmanr(found.pvalue, theirs["NOM p-val"].astype(float)).statistic > 0.98


def test_blitzgsea(terms: SetIndex, genes: np.ndarray, values: np.ndarray, peer: Callable[..., ModuleType]) -> None:
    blitzgsea = peer("blitzgsea")
    found = prerank(values, terms, n_null=4000, rng=np.random.default_rng(0))
    signature = pd.DataFrame({"i": genes, "v": values})
    options = {"processes": 2, "center": False}
    theirs = blitzgsea.gsea(signature, dicts(terms, genes), **options).loc[terms.names]
    np.testing.assert_allclose(found.more["es"], theirs["es"], atol=1e-9)
    for sign in (found.score > 0, found.score < 0):  # its p-values also count how frequent the sign is
        assert spearmanr(found.pvalue[sign], theirs["pval"][sign]).statistic > 0.8


@pytest.mark.parametrize("shift", [0.0, 1.5])
def test_pvalues_are_uniform_under_the_null(genes: np.ndarray, shift: float) -> None:
    """Also for a ranking of mostly positive values, in which hardly any score is negative."""
    rng = np.random.default_rng(7)
    sets = {f"{size} {i}": rng.choice(genes, size, replace=False).tolist() for size in (5, 12, 60) for i in range(1500)}
    terms = terms_over(GeneSets(sets), genes, min_genes=5, max_genes=500)
    found = prerank(rng.normal(shift, 1, 600), terms, n_null=4000, rng=rng)
    for size in (5, 12, 60):
        pvalue = found.pvalue[terms.n_found == size]
        assert kstest(pvalue, "uniform").statistic < 0.06
        assert 0.035 < (pvalue < 0.05).mean() < 0.065
        assert 0.004 < (pvalue < 0.01).mean() < 0.017


def test_signal_and_direction(genes: np.ndarray, terms: SetIndex, values: np.ndarray) -> None:
    large = int(np.argmax(terms.n_found))
    of_term = terms.membership[[large]].indices
    for sign in (1, -1):
        moved = values.copy()
        moved[of_term] += 2 * sign
        found = prerank(moved, terms, n_null=1000, rng=np.random.default_rng(0))
        assert np.argmin(found.pvalue) == large
        assert np.sign(found.score[large]) == sign
        assert found.pvalue[large] < 1e-6
        edge = moved[found.genes[large]]
        assert (np.diff(edge) * sign <= 0).all(), "from the end of the ranking inwards"


def test_running_sum(values: np.ndarray) -> None:
    values = np.sort(values.round(1))[::-1]
    hits = np.random.default_rng(0).choice(600, 30, replace=False)
    chosen = np.isin(np.arange(600), hits)
    curve = running_sum(values, chosen)
    score, edge = leading_edge(values, hits)
    assert curve[-1] == pytest.approx(0, abs=1e-12)
    assert curve[np.abs(curve).argmax()] == pytest.approx(score)
    assert curve[edge - 1 if score > 0 else 600 - edge - 1] == pytest.approx(score)


def test_all_values_zero(terms: SetIndex) -> None:
    found = prerank(np.zeros(600), terms, n_null=200, rng=np.random.default_rng(0))
    assert (found.pvalue == 1).all()
    assert (found.score == 0).all()


def random_terms(n_genes: int, sizes: tuple[int, ...], times: int) -> SetIndex:
    rng = np.random.default_rng(11)
    genes = np.array([f"gene{i}" for i in range(n_genes)], dtype=object)
    sets = {f"{k} {i}": rng.choice(genes, k, replace=False).tolist() for k in sizes for i in range(times)}
    return terms_over(GeneSets(sets), genes, min_genes=1, max_genes=n_genes)


def hard_rankings() -> dict[str, np.ndarray]:
    """Rankings whose random scores do not follow the fitted distribution."""
    rng = np.random.default_rng(12)
    n, noise = 2000, rng.normal(size=2000)
    return {
        "clipped, many zeros": np.r_[np.full(n // 2, 1.3), np.zeros(n // 2 - 1), 310.0],
        "one outlier": np.r_[rng.exponential(1, n // 2), np.zeros(n // 2 - 1), 310.0],
        "whole numbers": rng.integers(0, 4, n).astype(float),
        "mostly zeros": noise * (rng.random(n) < 0.05),
        "one-sided": rng.exponential(1, n),
        "one-sided, negative": -rng.exponential(1, n),
        "long tail": np.exp(2 * noise),
        "small panel": noise[:39],
        "small panel of whole numbers": noise[:39].round(),
        "small one-sided panel": np.abs(noise[:39]),
    }


@pytest.mark.parametrize("name", hard_rankings())
def test_random_terms_are_rarely_significant_in_hard_rankings(name: str) -> None:
    values = hard_rankings()[name]
    sizes = (5, 12) if len(values) < 100 else (5, 12, 40)
    terms = random_terms(len(values), sizes, 1000)
    pvalue = prerank(values, terms, n_null=4000, rng=np.random.default_rng(0)).pvalue
    for size in sizes:
        of_size = pvalue[terms.n_found == size]
        assert (of_size < 0.05).mean() < 0.075
        assert (of_size < 0.01).mean() < 0.022
        if "zeros" not in name:  # sets without a score have a p-value of 1
            assert (of_size < 0.05).mean() > 0.02


@pytest.mark.parametrize(("n_genes", "size"), [(39, 5), (92, 10), (1000, 20), (14000, 5)])
def test_pvalues_are_at_least_the_probability_of_a_single_set(n_genes: int, size: int) -> None:
    values = np.sort(np.random.default_rng(0).normal(size=n_genes))[::-1]
    genes = np.array([f"gene{i}" for i in range(n_genes)], dtype=object)
    sets = {"top": genes[:size].tolist(), "bottom": genes[-size:].tolist()}
    terms = terms_over(GeneSets(sets), genes, min_genes=1, max_genes=n_genes)
    pvalue = prerank(values, terms, n_null=4000, rng=np.random.default_rng(0)).pvalue
    assert (pvalue >= 1 / comb(n_genes, size)).all()
    if n_genes >= 200:  # p-values of smaller panels are those of a permutation test
        assert (pvalue < 4 / comb(n_genes, size)).all()
    assert (pvalue < 1e-5).all()


@pytest.mark.parametrize("decimals", [9, 0])
def test_all_sets_of_a_small_panel_are_enumerated(decimals: int) -> None:
    values = np.sort(np.random.default_rng(1).normal(size=14).round(decimals))[::-1]
    every = np.array([leading_edge(values, np.array(hits))[0] for hits in combinations(range(14), 4)])
    null = EmpiricalNull(values, np.array([4]), np.random.default_rng(0))
    for sign in (1, -1):
        same = np.abs(every[every * sign > 1e-9])
        chosen = same[:20]
        mean, pvalue = null.at(sign, np.full(20, 4), chosen)
        np.testing.assert_allclose(mean, same.mean())
        np.testing.assert_allclose(pvalue, (same >= chosen[:, None] - 1e-9).mean(axis=1))


def test_random_sets_agree_with_enumeration_and_between_sizes() -> None:
    values = np.sort(np.random.default_rng(2).normal(size=100))[::-1]
    scores = np.linspace(0.3, 0.9, 13)
    for size in (33, 35):
        one = EmpiricalNull(values, np.array([size]), np.random.default_rng(0))
        many = EmpiricalNull(values, np.arange(5, 60), np.random.default_rng(1))
        p, other = (null.at(1, np.full(13, size), scores)[1] for null in (one, many))
        np.testing.assert_allclose(p[p > 0.002], other[p > 0.002], rtol=0.25)


@pytest.mark.parametrize("value", [1.0, 0.1, -2.0])
def test_equal_values_are_not_significant(terms: SetIndex, value: float) -> None:
    found = prerank(np.full(600, value), terms, n_null=200, rng=np.random.default_rng(0))
    assert (found.pvalue == 1).all()
    assert (found.score == 0).all()
    assert not found.n_hits.any()


def test_terms_of_all_genes_or_all_but_one() -> None:
    values = np.random.default_rng(0).normal(size=30).round()
    terms = random_terms(30, (1, 2, 29, 30), 3)
    found = prerank(values, terms, n_null=400, rng=np.random.default_rng(0))
    assert (found.pvalue[terms.n_found == 30] == 1).all()
    assert np.isfinite(found.score).all()
    assert ((found.pvalue > 0) & (found.pvalue <= 1)).all()
