"""Names in entries: joined genes, signs and dates, in every form of input."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from scgsfm import GeneSets
from scgsfm.errors import GeneSetWarning
from scgsfm.genesets import read_entry_names

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any


@pytest.mark.parametrize(
    ("entry", "genes"),
    [
        ("CD19, CD79A", ["CD19", "CD79A"]),
        ("CD19,CD79A;MS4A1;", ["CD19", "CD79A", "MS4A1"]),
        ("CD19/CD79A", ["CD19", "CD79A"]),
        ("CD19|CD79A", ["CD19", "CD79A"]),
        ("CD19 /// CD79A", ["CD19", "CD79A"]),
        ("CD19 CD79A", ["CD19", "CD79A"]),
        ("CD19 & CD79A", ["CD19", "CD79A"]),
        ("cd4, cd8a", ["cd4", "cd8a"]),
        ("FBgn0000014,FBgn0000015", ["FBgn0000014", "FBgn0000015"]),
        ("ENSG00000177455,ENSG00000105369", ["ENSG00000177455", "ENSG00000105369"]),
        ("CD8A|925", ["CD8A"]),
        ("CD79A,", ["CD79A"]),
    ],
)
def test_joined_genes_are_split(entry: str, genes: list[str]) -> None:
    read = read_entry_names(["CD4", entry])
    assert {name: [gene.name for gene in found] for name, found in read.genes.items()} == {entry: genes}
    assert not any(gene.sign for gene in read.genes[entry])
    assert read.unclear == []


@pytest.mark.parametrize(
    ("entry", "genes"),
    [
        ("CD3E-", [("CD3E", -1)]),
        ("CD79A+", [("CD79A", 1)]),
        ("CD3E −", [("CD3E", -1)]),
        ("-CD3E", [("CD3E", -1)]),
        ("CD34++", [("CD34", 1)]),
        ("Cd3e-", [("Cd3e", -1)]),
        ("cd3e-", [("cd3e", -1)]),
        ("CD8-", [("CD8", -1)]),
        ("CD79A+, CD3E-", [("CD79A", 1), ("CD3E", -1)]),
    ],
)
def test_signs_are_read(entry: str, genes: list[tuple[str, int]]) -> None:
    assert read_entry_names([entry]).genes == {entry: genes}


@pytest.mark.parametrize(
    "name",
    [
        "HLA-A",
        "NKX2-5",
        "MT-",
        "MT-ND1",
        "TRAV29/DV5",
        "F4/80",
        "CD8A|ENSG00000153563",
        "PC(16:0,18:1)",
        "9/2/2021",
        "Sep-2",
    ],
)
def test_names_are_kept(name: str) -> None:
    assert read_entry_names([name]) == ({}, [])


@pytest.mark.parametrize("name", ["HLA-A,B", "CD8A/B", "KRT5/6", "CD19 (B4)", "RP11-", "probe-", "CD45+/-"])
def test_unclear_names_are_kept_and_reported(name: str) -> None:
    assert read_entry_names([name]) == ({}, [name])
    with pytest.warns(GeneSetWarning, match="kept as they are"):
        assert GeneSets({"a": [name]})["a"] == [name]


FORMS: dict[str, Callable[[dict[str, list[str]], Path], Any]] = {
    "dict": lambda sets, _: sets,
    "Series": lambda sets, _: pd.Series(sets),
    "long table": lambda sets, _: pd.Series(sets).explode().rename_axis("source").reset_index(name="target"),
    "table of lists": lambda sets, _: pd.DataFrame({"source": list(sets), "target": list(sets.values())}),
    "wide table": lambda sets, _: pd.DataFrame({name: pd.Series(genes) for name, genes in sets.items()}),
    "JSON": lambda sets, folder: _written(folder / "sets.json", json.dumps(sets)),
    "GMT": lambda sets, folder: _written(
        folder / "sets.gmt", "".join("\t".join([name, "na", *genes]) + "\n" for name, genes in sets.items())
    ),
}


def _written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("form", FORMS)
def test_joined_genes_mean_the_same_in_every_form(form: str, tmp_path: Path) -> None:
    given = FORMS[form]({"B": ["CD19, CD79A", "MS4A1"], "T": ["CD3D/CD3E", "CD2", "CD4"]}, tmp_path)
    with pytest.warns(GeneSetWarning, match="several genes, such as 'CD19, CD79A', split"):
        assert GeneSets(given).to_dict() == {"B": ["CD19", "CD79A", "MS4A1"], "T": ["CD3D", "CD3E", "CD2", "CD4"]}


@pytest.mark.parametrize("form", FORMS)
def test_signs_mean_the_same_in_every_form(form: str, tmp_path: Path) -> None:
    given = FORMS[form]({"B": ["CD79A+", "CD74", "CD3E-"], "T": ["CD3D", "HLA-A"]}, tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sets = GeneSets(given)
    assert sets.to_dict() == {"B": {"CD79A": 1.0, "CD74": 1.0, "CD3E": -1.0}, "T": {"CD3D": 1.0, "HLA-A": 1.0}}


def test_plus_alone_gives_unweighted_sets() -> None:
    assert GeneSets({"T": ["CD3D+", "CD3E+"]}).to_dict() == {"T": ["CD3D", "CD3E"]}


def test_signs_and_weights() -> None:
    with pytest.warns(GeneSetWarning, match="plus and a negative weight left out"):
        sets = GeneSets({"x": {"CD3E-": 2.0, "CD3D-": -1.5, "CD4+": -1.0, "CD8A": 3.0}})
    assert sets.to_dict() == {"x": {"CD3E": -2.0, "CD3D": -1.5, "CD8A": 3.0}}
    with pytest.warns(GeneSetWarning, match="different weights in one set, such as 'CD3E'"):
        assert GeneSets({"x": ["CD3E", "CD3E-", "CD4"]}).to_dict() == {"x": ["CD4"]}


@pytest.mark.parametrize("name", ["2-Sep", "Sep-2", "02-Sep", "Sep-02", "1-Mar-21", "2021-09-02 00:00:00", "9/2/2021"])
def test_dates_are_reported(name: str) -> None:
    with pytest.warns(GeneSetWarning, match=f"spreadsheet turned into dates, such as '{name}'"):
        assert GeneSets({"a": [name, "CD4"]})["a"] == [name, "CD4"]


def test_the_gene_of_a_date_is_reported() -> None:
    with pytest.warns(GeneSetWarning) as caught:
        GeneSets({"a": ["2-Sep", "CD4"], "b": ["31-Dec"]})
    assert "such as '2-Sep', read as genes such as SEPTIN2: correct them (set 'a')" in str(caught[0].message)
    assert "such as '31-Dec', not read as genes: correct them (set 'b')" in str(caught[0].message)
