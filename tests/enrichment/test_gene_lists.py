"""Gene lists and rankings from Python objects."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from scgsfm import GeneSets
from scgsfm.enrichment import GeneLists, from_genes
from scgsfm.errors import GeneSetWarning

if TYPE_CHECKING:
    from typing import Any

GENES = ["CD3D", "CD3E", "CD79A", "MS4A1"]
MASK = [True, True, False, False]
VALUES = {"CD3D": 2.0, "CD79A": -1.0, "CD4": 0.5}


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(GENES[:2], id="list"),
        pytest.param(tuple(GENES[:2]), id="tuple"),
        pytest.param(dict.fromkeys(GENES[:2]).keys(), id="keys"),
        pytest.param((gene for gene in GENES[:2]), id="generator"),
        pytest.param(pd.Index(GENES[:2]), id="index"),
        pytest.param(pd.Series(GENES[:2]), id="Series"),
        pytest.param(pd.Series(GENES[:2], dtype="category"), id="categorical"),
        pytest.param(pd.Series(MASK, index=GENES), id="mask"),
        pytest.param(pd.DataFrame({"gene": GENES[:2]}), id="table"),
        pytest.param([*GENES[:2], None, ""], id="missing names"),
    ],
)
def test_one_list(data: Any) -> None:
    assert {group: genes.tolist() for group, genes in from_genes(data).lists.items()} == {"query": GENES[:2]}


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({"T": GENES[:2], "B": GENES[2:]}, id="dict"),
        pytest.param(GeneSets({"T": GENES[:2], "B": GENES[2:]}), id="gene sets"),
        pytest.param(pd.Series({"T": GENES[:2], "B": GENES[2:]}), id="Series of lists"),
        pytest.param(pd.DataFrame({"T": GENES[:2], "B": GENES[2:]}), id="wide table"),
        pytest.param(pd.DataFrame({"T": MASK, "B": [not x for x in MASK]}, index=GENES), id="masks"),
        pytest.param(pd.DataFrame({"source": ["T", "T", "B", "B"], "target": GENES}), id="long table"),
    ],
)
def test_several_lists(data: Any) -> None:
    lists = from_genes(data).lists
    assert {group: genes.tolist() for group, genes in lists.items()} == {"T": GENES[:2], "B": GENES[2:]}


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(VALUES, id="dict"),
        pytest.param(pd.Series(VALUES), id="Series"),
        pytest.param(pd.Series(VALUES, dtype=object), id="Series of objects"),
        pytest.param(pd.Series(VALUES | {"CD8A": None}, dtype="Float64"), id="missing values"),
    ],
)
def test_one_ranking(data: Any) -> None:
    assert from_genes(data).rankings["query"]["name"].tolist() == ["CD3D", "CD4", "CD79A"]


@pytest.mark.parametrize("make", [dict, pd.Series, lambda values: pd.DataFrame({"logFC": pd.Series(values)})])
def test_several_rankings(make: Any) -> None:
    rankings = from_genes({"a": make(VALUES), "b": make({"CD4": 1.0, "CD8A": 2.0})}).rankings
    assert {group: ranking["name"].tolist() for group, ranking in rankings.items()} == {
        "a": ["CD3D", "CD4", "CD79A"],
        "b": ["CD8A", "CD4"],
    }


def test_markers_have_at_most_the_given_pvalue() -> None:
    ranking = pd.DataFrame({"name": ["CD3D", "CD4", "CD8A"], "value": 1.0, "padj": [0.01, 0.05, 0.06]})
    lists = GeneLists(rankings={"T": ranking})
    assert lists.top(10, 0.05)["T"].tolist() == ["CD3D", "CD4"]
    ranking["padj"] = 1.0
    assert len(lists.top(10, 1)["T"]) == 3


def test_joined_genes_of_a_list_are_split() -> None:
    with pytest.warns(GeneSetWarning, match="several genes were split: 'CD3D, CD3E', 'CD79A/CD79B'"):
        lists = from_genes({"T": ["CD3D, CD3E", "CD2"], "B": ["CD79A/CD79B"]}).lists
    assert {group: genes.tolist() for group, genes in lists.items()} == {
        "T": ["CD3D", "CD3E", "CD2"],
        "B": ["CD79A", "CD79B"],
    }


def test_genes_with_a_minus_are_not_in_a_list() -> None:
    with pytest.warns(GeneSetWarning, match="genes with a minus .* left out: 'CD3E-'"):
        assert from_genes(["CD79A+", "CD3E-", "HLA-A"]).lists["query"].tolist() == ["CD79A", "HLA-A"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert from_genes(["CD79A+", "HLA-A", "NKX2-5"]).lists["query"].tolist() == ["CD79A", "HLA-A", "NKX2-5"]


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        ("CD3D", TypeError, "`data` is a str"),
        (None, TypeError, "`data` is a NoneType"),
        ({"T": "CD3D"}, TypeError, r"`data\['T'\]` is a str"),
        ({}, ValueError, "`data` is empty"),
        ([["CD3D"], ["CD4"]], TypeError, "holds lists, not gene names"),
        (pd.Series([0.5, 1.0]), ValueError, "index counts rows"),
        ({"T": GENES, "r": pd.Series(VALUES)}, TypeError, r"mixes rankings and lists: `data\['T'\]` is a list"),
        ({"t": pd.DataFrame({"a": VALUES, "b": VALUES})}, ValueError, "table of 2 rankings"),
    ],
)
def test_other_data_are_refused(data: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        from_genes(data)
