"""Objects that notebooks show as tables."""

from __future__ import annotations

import pandas as pd
import pytest

import scgsfm
from scgsfm._html import html_table
from scgsfm.phenotypes import Fact
from scgsfm.questions import Answer


def test_table_is_escaped() -> None:
    text = html_table(["<a>", "b"], [("x & y", 1)], caption="<c>")
    assert "<th>&lt;a&gt;</th>" in text
    assert "<td>x &amp; y</td><td>1</td>" in text
    assert "<p>&lt;c&gt;</p>" in text


def test_gene_sets() -> None:
    sets = scgsfm.GeneSets({f"set {i}": ["CD3D", "CD3E"] for i in range(12)})
    text = sets._repr_html_()
    assert text.count("<tr>") == 11
    assert "The first 10 are shown" in text
    assert "<td>set 9</td><td>2</td><td>CD3D, CD3E</td>" in text


def test_models() -> None:
    models = scgsfm.models.available()
    assert pd.DataFrame(models).shape == (len(models), 5)
    assert models._repr_html_().count("<tr>") == len(models) + 1
    first, second, *_ = repr(models).splitlines()
    assert first.split() == ["name", "kind", "where", "description", "licence"]
    assert second.startswith("gsfm-base")


def test_answers_are_escaped() -> None:
    fact = Fact("CFTR causes cystic fibrosis", "CFTR", "causes", "OMIM:219700", "HPO <2026>", "PMID:1")
    answer = Answer("Which <genes>?", "CFTR [1].\n\nNo other.", facts=[fact, fact], about="HPO & others")
    text = answer._repr_html_()
    assert "<h4>Which &lt;genes&gt;?</h4><p>CFTR [1].</p><p>No other.</p>" in text
    assert text.count("<td>1</td>") == 1, "a source is listed once"
    assert "<td>HPO &lt;2026&gt;, PMID:1</td>" in text
    assert "<p>HPO &amp; others</p>" in text


SETS = {"interferon": ["ISG15", "IFIT1", "IFIT3", "MX1"], "T cell": ["CD3D", "CD3E", "CD2", "LCK"]}
CALLS = {
    "complete_sets": lambda: scgsfm.tl.complete_sets(SETS),
    "embed_sets": lambda: scgsfm.tl.embed_sets(SETS),
    "enrich": lambda: scgsfm.tl.enrich(SETS, library="hallmark"),
    "predict_functions": lambda: scgsfm.tl.predict_functions(["ISG15"], library="hallmark"),
    "rank_genes": lambda: scgsfm.tl.rank_genes(["Ectopia lentis"], n_top=3),
    "related_genes": lambda: scgsfm.tl.related_genes("ISG15"),
    "score": lambda: scgsfm.tl.score(pd.DataFrame(1.0, ["cell"], [*SETS["interferon"], *SETS["T cell"]]), SETS),
    "gene_page": lambda: scgsfm.tl.gene_page("ISG15", libraries="hallmark"),
}
"""Calls without AnnData."""


@pytest.mark.parametrize("name", CALLS)
def test_results_without_anndata(name: str) -> None:
    found = CALLS[name]()
    text = found._repr_html_()
    assert "<table" in text
    if isinstance(found, pd.DataFrame):
        assert all(str(column) in text for column in list(found)[:2])
        assert text.count("<tr") >= min(len(found), 10)


def test_tables() -> None:
    for table in (scgsfm.methods(), scgsfm.datasets.libraries()):
        assert isinstance(table, pd.DataFrame)
    assert list(scgsfm.methods())[:3] == ["task", "when", "avoid"]
