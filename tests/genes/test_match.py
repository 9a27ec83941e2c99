from __future__ import annotations

from typing import TYPE_CHECKING, Never

import numpy as np
import pandas as pd
import pytest

from scgsfm.genes import _match, match

if TYPE_CHECKING:
    from typing import Any


def test_identical_names_are_not_translated(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: Any) -> Never:
        raise AssertionError

    monkeypatch.setattr(_match, "locate", forbidden)
    found = match(["peak_1", "FBgn0001"], ["FBgn0001", "probe", "peak_1"])
    assert found.tolist() == [2, 0]
    assert found.dtype == np.int64


def test_identical_names_match_even_if_they_mean_another_gene() -> None:
    # TAZ is a previous symbol of TAFAZZIN
    assert match(["TAZ", "TAFAZZIN"], ["TAFAZZIN", "TAZ"]).tolist() == [1, 0]


def test_names_of_another_species_and_unknown_names() -> None:
    assert match(["FBgn0001", "FBgn0002", "peak_9"], ["FBgn0002", "CD4"]).tolist() == [-1, 0, -1]


@pytest.mark.parametrize(
    ("query", "target"),
    [
        ("SEPTIN9", "SEPT9"),
        ("SEPT9", "SEPTIN9"),
        ("CD8A", "ENSG00000153563.15"),
        ("ENSG00000153563", "ENSG00000153563.15"),
        ("TP53", "7157"),
        ("PTPRC", "Ptprc"),
        ("Ptprc", "PTPRC"),
        ("CD20", "ENSMUSG00000024673"),
        ("Trp53", "ENSG00000141510"),
    ],
)
def test_same_gene_under_another_name(query: str, target: str) -> None:
    targets = ["GAPDH", "ACTB", target]
    assert match([query], targets).tolist() == [2]


def test_mouse_genes_without_ortholog_match_among_themselves() -> None:
    # H2-K1 has no one-to-one ortholog
    assert match(["H2-K1", "Cd4"], ["ENSMUSG00000023274", "ENSMUSG00000061232"]).tolist() == [1, 0]


def test_ambiguous_aliases_match_nothing() -> None:
    assert match(["CAP", "MT1"], ["CAP1", "BRD4", "MT1A"]).tolist() == [-1, -1]
    assert match(["CAP1"], ["CAP"]).tolist() == [-1]


def test_duplicate_targets() -> None:
    # the approved symbol, else the first
    assert match(["ENSG00000184640"], ["SEPT9", "SEPTIN9"]).tolist() == [1]
    assert match(["SEPTIN9"], ["9-Sep", "SEPT9"]).tolist() == [0]
    assert match(["CD4"], ["CD4", "CD4"]).tolist() == [0]
    assert match(["ENSG00000010610"], ["CD4-1", "CD4"]).tolist() == [1]


def test_missing_and_empty() -> None:
    assert match(["", None, "CD4"], ["", "CD4"]).tolist() == [-1, -1, 1]
    assert match([], ["CD4"]).tolist() == []
    assert match(["CD4"], []).tolist() == [-1]


def test_pandas_strings() -> None:
    queries = pd.Series(["SEPTIN9", pd.NA], dtype="string")
    assert match(queries, pd.Index(["SEPT9"], dtype="string")).tolist() == [0, -1]


def test_organism_of_the_targets() -> None:
    # F2 is a symbol of both species; only among mouse genes does it meet the mouse id
    assert match(["ENSMUSG00000027249"], ["F2"], organism="mouse").tolist() == [0]
