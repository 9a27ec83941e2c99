from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kstest, spearmanr

from scgsfm import GeneSets
from scgsfm.enrichment import leading_edge, prerank, running_sum, terms_over

if TYPE_CHECKING:
    from scgsfm.scoring import SetIndex


@pytest.fixture
def values() -> np.ndarray:
    return np.random.default_rng(5).normal(0.2, 1, 600)


def dicts(terms: SetIndex, genes: np.ndarray) -> dict[str, list[str]]:
    rows = np.split(terms.membership.indices, terms.membership.indptr[1:-1])
    return {name: genes[row].tolist() for name, row in zip(terms.names, rows, strict=True)}


def test_gseapy(terms: SetIndex, genes: np.ndarray, values: np.ndarray) -> None:
    gseapy = pytest.importorskip("gseapy")
    found = prerank(values, terms, n_null=4000, rng=np.random.default_rng(0))
    options = {"min_size": 1, "max_size": 1000, "permutation_num": 1000, "outdir": None, "no_plot": True, "seed": 0}
    peer = gseapy.prerank(rnk=pd.Series(values, genes), gene_sets=dicts(terms, genes), threads=1, **options).res2d
    peer = peer.set_index("Term").loc[terms.names]
    np.testing.assert_allclose(found.more["es"], peer["ES"].astype(float), atol=1e-9)
    np.testing.assert_allclose(found.score, peer["NES"].astype(float), rtol=0.08)
    for places, edge in zip(found.genes, peer["Lead_genes"], strict=True):
        assert set(genes[places]) == set(edge.split(";"))
    assert spearmanr(found.pvalue, peer["NOM p-val"].astype(float)).statistic > 0.98


def test_blitzgsea(terms: SetIndex, genes: np.ndarray, values: np.ndarray) -> None:
    blitzgsea = pytest.importorskip("blitzgsea")
    found = prerank(values, terms, n_null=4000, rng=np.random.default_rng(0))
    signature = pd.DataFrame({"i": genes, "v": values})
    options = {"processes": 2, "center": False}
    peer = blitzgsea.gsea(signature, dicts(terms, genes), **options).loc[terms.names]
    np.testing.assert_allclose(found.more["es"], peer["es"], atol=1e-9)
    for sign in (found.score > 0, found.score < 0):  # its p-values also count how frequent the sign is
        assert spearmanr(found.pvalue[sign], peer["pval"][sign]).statistic > 0.85


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
