from __future__ import annotations

import sys

import gene_ranking_shootout as shootout
import numpy as np
import pandas as pd
import pytest

from scgsfm.phenotypes import load_annotations


def test_candidates_are_drawn_as_in_the_shootout() -> None:
    """One more than needed is drawn by the counts, the last one dropped, and the others shuffled."""
    counts = pd.DataFrame({"symbol": [f"g{i}" for i in range(300)], "count": np.arange(300)})
    drawn = shootout.candidate_sampler(counts)(np.random.default_rng(42))
    rng = np.random.default_rng(42)
    p = np.arange(300) / np.arange(300).sum()
    expected = rng.choice(np.arange(300), size=101, replace=False, p=p).tolist()[:100]
    rng.shuffle(expected)
    assert drawn == [f"g{i}" for i in expected]
    assert "g0" not in drawn


def test_measures() -> None:
    assert shootout.mean_rank(np.array([1.0, 3.0, 1.0, 0.0])) == 2.5
    row = shootout.measured(np.array([1.0, 2.0, 7.0, 20.0]), np.random.default_rng(0))
    assert (row["top1"], row["top5"], row["top10"]) == (0.25, 0.5, 0.75)
    assert row["mrr"] == pytest.approx((1 + 1 / 2 + 1 / 7 + 1 / 20) / 4)
    assert row["mrr_low"] < row["mrr"] < row["mrr_high"]
    # from statsmodels: proportion_confint with the method "wilson"
    np.testing.assert_allclose(shootout.wilson(7 / 20, 20), (0.181192, 0.567146), atol=1e-5)


def test_methods_rank_the_causal_gene_first() -> None:
    ontology = load_annotations().ontology
    terms = [ontology.term(name) for name in ("Ectopia lentis", "Arachnodactyly", "Dural ectasia")]
    case = shootout.Case("", "FBN1", terms, [])
    genes = ["FBN1", "SCN1A", "CD4", "QQQ1"]
    for method in (shootout.Ours(), shootout.Phrank(), shootout.Resnik()):
        scores = method(case, genes)
        assert shootout.mean_rank(scores) == 1
        assert scores[3] == scores.min()


@pytest.mark.skipif(sys.platform == "win32", reason="no fork")
def test_processes_give_the_ranks_of_one() -> None:
    cases = [shootout.Case("", "A", [i], []) for i in range(7)]
    candidates = [["A", "B", "C"]] * 7

    def method(case: shootout.Case, genes: list[str]) -> np.ndarray:
        return np.array([case.present[0], 3, 5])

    expected = [3, 3, 3, 2.5, 2, 1.5, 1]
    for jobs in (1, 2, 3):
        assert shootout.ranks_in_parallel(method, cases, candidates, jobs).tolist() == expected


def test_cited_cases() -> None:
    hpo = load_annotations()
    cited = next(text for text in hpo.references if text.startswith("PMID:1") and ";" not in text)
    place = np.flatnonzero(hpo.annotations[:, 3] == hpo.references.index(cited))
    genes = {hpo.genes[g] for g, d, _ in hpo.links.tolist() if d in set(hpo.annotations[place, 0].tolist())}
    for gene in genes:
        assert shootout.is_cited(shootout.Case("", gene, [], []), int(cited[5:]))
        assert not shootout.is_cited(shootout.Case("", gene, [], []), 1)
