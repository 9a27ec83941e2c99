from __future__ import annotations

from typing import TYPE_CHECKING

import enrichment
import numpy as np
import pandas as pd
import pytest
from scipy.stats import mannwhitneyu

import scgsfm
from scgsfm.enrichment import terms_over

if TYPE_CHECKING:
    from pathlib import Path


def test_lists_are_half_of_a_term() -> None:
    library = scgsfm.datasets.library("hallmark")
    found = list(enrichment.lists(library, library.genes, 3, np.random.default_rng(0)))
    assert [n for _, n, _ in found] == [5, 10, 20] * 3
    for term, n, genes in found:
        assert len(set(genes)) == 2 * n
        assert len(set(genes) & set(library[term])) == n


def test_without() -> None:
    library = scgsfm.GeneSets({"a": ["A", "B", "C"], "b": ["A"], "c": ["D", "B"]})
    assert enrichment.without(library, ["A", "B"]).to_dict() == {"a": ["C"], "c": ["D"]}


def test_rank_of_a_term() -> None:
    table = pd.DataFrame({"pvalue": [0.1, 0.01, 0.1, 0.1], "score": [1.0, 2.0, -3.0, 1.0]}, index=list("abcd"))
    assert [enrichment.rank_of(term, table, 4) for term in "bcad"] == [1, 2, 3.5, 3.5]
    assert enrichment.rank_of("e", table, 8) == 4 + 2.5


def test_rank_sum() -> None:
    library = scgsfm.datasets.library("hallmark")
    terms = terms_over(library, library.genes, min_genes=5, max_genes=500)
    values = np.random.default_rng(0).normal(size=len(library.genes))
    inside = terms.membership[[3]].toarray()[0] > 0
    expected = mannwhitneyu(values[inside], values[~inside], alternative="greater", use_continuity=False).pvalue
    assert enrichment.rank_sum(values, terms)[3] == pytest.approx(expected, rel=1e-6)


def test_calibration_table(tmp_path: Path) -> None:
    uniform = (np.arange(1000) + 0.5) / 1000
    found = {
        ("evenly", size, mode): p
        for size in enrichment.LIST_SIZES
        for mode, p in {
            "overlap": uniform**0.5,
            "ranked": uniform,
            "gsfm": uniform,
            "model, unmasked": uniform**2,
        }.items()
    }
    table = enrichment.calibration_table(found, 10).set_index(["genes", "mode"])
    assert table.loc[(10, "ranked"), "p < 0.05"] == pytest.approx(0.05)
    assert table.loc[(10, "ranked"), "KS distance"] < 0.01
    assert table.loc[(10, "model, unmasked"), "KS distance"] == pytest.approx(0.25, abs=0.01)
    assert (table["terms"] == 100).all()
    enrichment.draw_calibration(found, tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 5000


def test_power_table() -> None:
    columns = ["library", "terms", "true genes", "method", "with peers", "rank"]
    ranks = pd.DataFrame([("l", "listed", 5, "gsfm", True, rank) for rank in (1, 2, 20, 1.5)], columns=columns)
    row = enrichment.power_table(ranks).iloc[0]
    assert row["lists"] == 4
    assert row["first"] == 0.5
    assert row["among 10"] == 0.75
    assert row["mean 1/rank"] == pytest.approx(np.mean([1, 0.5, 0.05, 1 / 1.5]))
