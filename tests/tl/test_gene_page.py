from __future__ import annotations

from html.parser import HTMLParser
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import torch

import scgsfm
from scgsfm.errors import GeneMatchError
from scgsfm.models.gsfm import GSFM, build_module

if TYPE_CHECKING:
    from collections.abc import Mapping

GENES = ["CD3D", "CD3E", "CD3G", "CD2", "CD8A", "CD4", "LCK", "ZAP70", "CD79A", "CD79B", "MS4A1", "CD19", "LYZ", "CD14"]
TERMS = {
    "T cells": GENES[:8],
    "helper_T | <b>CD4</b>": ["CD4", "CD3E", "CD2"],
    "B cells": GENES[8:12],
    "myeloid": ["LYZ", "CD14", "CD4"],
}
OTHER = {"signaling": ["LCK", "ZAP70", "CD79A"], "adhesion": ["CD2", "CD19", "CD14"]}


@pytest.fixture(scope="module")
def model() -> GSFM:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = build_module({"vocab_size": len(GENES) + 2, "d_model": 4})
    return GSFM(module, ["<unk>", "<pad>", *GENES], name="tiny <model>")


def page(model: GSFM, gene: str = "CD4", libraries: Any = None, **options: Any) -> Any:
    return scgsfm.tl.gene_page(
        gene, libraries={"A": TERMS, "B": OTHER} if libraries is None else libraries, model=model, **options
    )


def test_table_is_that_of_predict_functions(model: GSFM) -> None:
    table = page(model, n_top=None).table
    for library, terms in {"A": TERMS, "B": OTHER}.items():
        rows = table[table["library"] == library].drop(columns="library")
        expected = scgsfm.tl.predict_functions(["CD4"], library=terms, model=model, n_top=None)
        expected = expected.sort_values(["known", "rank"], ascending=[False, True])
        pd.testing.assert_frame_equal(rows.reset_index(drop=True), expected.reset_index(drop=True))
    assert table.columns.tolist() == [
        *("library", "gene", "term", "probability", "zscore", "rank", "known", "auroc", "uniqueness")
    ]


def test_known_first_and_n_top_of_each(model: GSFM) -> None:
    table = page(model, n_top=1).table
    assert table[table["library"] == "A"]["known"].tolist() == [True, False]
    assert table[table["library"] == "B"]["known"].tolist() == [False]
    every = page(model, n_top=None).table
    known = every[(every["library"] == "A") & every["known"]]
    assert table["term"][0] == known["term"].iloc[known["rank"].argmin()]


def test_min_probability_keeps_known_terms(model: GSFM) -> None:
    table = page(model, min_probability=1.0).table
    assert set(table["term"]) == {"T cells", "helper_T | <b>CD4</b>", "myeloid"}


@pytest.mark.parametrize("name", ["CD4", "ENSG00000010610", "Cd4", "920"])
def test_any_name_of_the_gene(model: GSFM, name: str) -> None:
    found = page(model, name)
    assert found.symbol == "CD4"
    assert found.facts.name == "CD4 molecule"
    assert found.facts.location == "12p13.31"
    np.testing.assert_array_equal(found.table["probability"], page(model).table["probability"])
    assert ("given as" in found.to_markdown()) == (name != "CD4")


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: list[str] = []
        self.links: list[Mapping[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        if tag == "a":
            self.links.append(dict(attrs))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_html_is_escaped(model: GSFM) -> None:
    found = page(model)
    html = found._repr_html_()
    assert html == found.to_html()
    parsed = _Texts()
    parsed.feed(html)
    assert "b" not in parsed.tags
    assert "model" not in parsed.tags
    assert "helper_T | <b>CD4</b>" in parsed.texts
    assert "CD4: CD4 molecule" in parsed.texts
    assert parsed.tags.count("table") == 2
    assert {"href": "https://www.ncbi.nlm.nih.gov/gene/920"} in parsed.links


def test_markdown(model: GSFM) -> None:
    found = page(model)
    text = found.to_markdown()
    assert text == str(found)
    lines = text.splitlines()
    assert lines[0] == "# CD4: CD4 molecule"
    assert "- location: 12p13.31" in lines
    assert "- Entrez: [920](https://www.ncbi.nlm.nih.gov/gene/920)" in lines
    assert lines.count("| term | known | probability | reliability (AUROC) | uniqueness |") == 2
    rows = [line for line in lines if line.startswith("| helper")]
    assert len(rows) == 1
    assert rows[0].startswith(r"| helper_T \| \<b\>CD4\</b\> | yes | ")
    assert rows[0].replace(r"\|", "").count("|") == 6
    assert rows[0].split(" | ")[-2] == "–"  # no AUROC for three genes
    row = found.table[found.table["term"] == "T cells"].iloc[0]
    assert f"| T cells | yes | {row.probability:.3f} | {row.auroc:.3f} | 1.000 |" in lines


def test_repr(model: GSFM) -> None:
    assert repr(page(model)) == "GenePage 'CD4': 3 known and 3 predicted terms of 'A', 'B'"


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"gene": ["CD4"]}, TypeError, "`gene` must be the name of one gene"),
        ({"gene": "no gene"}, GeneMatchError, "'no gene' is not a gene"),
        ({"libraries": []}, ValueError, "`libraries` is empty"),
        ({"libraries": ["hallmark", "hallmark"]}, ValueError, "twice"),
        ({"libraries": [TERMS]}, TypeError, "`libraries` must be names"),
        ({"n_top": 0}, ValueError, "`n_top` is 0"),
        ({"min_probability": 2.0}, ValueError, "`min_probability` is 2"),
    ],
)
def test_errors(model: GSFM, options: dict[str, Any], error: type[Exception], message: str) -> None:
    gene = options.pop("gene", "CD4")
    with pytest.raises(error, match=message):
        page(model, gene, **options)


def test_library_by_name() -> None:
    found = scgsfm.tl.gene_page("ISG15", libraries="hallmark", n_top=3)
    assert found.table["library"].unique().tolist() == ["hallmark"]
    assert found.table["term"][0] == "HALLMARK_INTERFERON_ALPHA_RESPONSE"
    assert found.table["known"].tolist() == [True, True, False, False, False]


def test_libraries_are_any_mapping(model: GSFM) -> None:
    assert page(model, libraries=MappingProxyType({"A": TERMS})).table.equals(page(model, libraries={"A": TERMS}).table)


def test_pages_can_be_compared_and_collected(model: GSFM) -> None:
    first, second = page(model), page(model)
    assert len({first, second}) == 2
    assert first == first
    assert first != second
