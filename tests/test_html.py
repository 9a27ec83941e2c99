"""Objects that notebooks show as tables."""

from __future__ import annotations

import pandas as pd

import scgsfm
from scgsfm._html import html_table


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


def test_tables() -> None:
    for table in (scgsfm.methods(), scgsfm.datasets.libraries()):
        assert isinstance(table, pd.DataFrame)
    assert list(scgsfm.methods())[:3] == ["task", "when", "avoid"]
