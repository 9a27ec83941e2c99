from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from matplotlib import pyplot as plt
from tests.pl._layout_checks import check_layout, legend_texts

from scgsfm import pl

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

mpl.use("agg")


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture
def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    parts = []
    for group in ("B", "T"):
        for kind, evidence in (("phenotype", "known"), ("phenotype", "predicted"), ("disease", "known")):
            pvalue = np.sort(10 ** -rng.uniform(0, 14, 20))
            columns = {
                "id": [f"{kind[0]}:{i}" for i in rng.permutation(20)], "score": rng.uniform(0.1, 5, 20), "pvalue": pvalue,
                "padj": pvalue, "n_hits": 3, "genes": [f"g{i}" for i in range(20)],
            }  # fmt: skip
            part = pd.DataFrame({"group": group, "kind": kind, "evidence": evidence, **columns})
            parts.append(part.assign(term=[f"name of {name} " + "long " * 9 for name in part["id"]]))
    return pd.concat(parts, ignore_index=True)


def dots(ax: Any) -> Any:
    return ax.collections[0]


@pytest.mark.parametrize(
    ("kind", "evidence"), [("phenotype", "known"), ("phenotype", "predicted"), ("disease", "known")]
)
def test_top_terms_of_each_group(table: pd.DataFrame, kind: str, evidence: str) -> None:
    ax = pl.phenotypes(table, kind=kind, evidence=evidence, n_terms=3, show=False)
    own = table[(table["kind"] == kind) & (table["evidence"] == evidence)]
    first = own.groupby("group", sort=False).head(3)["id"].unique()
    assert [label.get_text() for label in ax.get_xticklabels()] == ["B", "T"]
    assert len(ax.get_yticklabels()) == len(first)
    shown = own[own["id"].isin(first)]
    areas = dots(ax).get_sizes()[np.argsort(shown["padj"])]
    assert (np.diff(areas) <= 1e-9).all()
    assert len(set(areas)) > 2
    check_layout(ax.figure)
    np.testing.assert_allclose(dots(ax).get_array(), shown["score"])


def test_version_and_citation_are_shown(table: pd.DataFrame) -> None:
    text = pl.phenotypes(table, show=False).figure.get_supxlabel()
    assert "2026-02-16" in text
    assert "medical advice" in text


def test_terms_with_the_same_genes_are_shown_once(table: pd.DataFrame) -> None:
    same = table.assign(genes="g")
    assert len(pl.phenotypes(same, n_terms=3, show=False).get_yticklabels()) <= 2


def test_terms_by_name_and_id(table: pd.DataFrame) -> None:
    row = table[table["kind"] == "phenotype"].iloc[0]
    ax = pl.phenotypes(table, terms=[row["id"], row["term"]][:1], show=False)
    assert len(ax.get_yticklabels()) == 1


def test_invalid_arguments_raise(table: pd.DataFrame) -> None:
    with pytest.raises(KeyError, match="There is no `uns"):
        pl.phenotypes(AnnData(np.ones((2, 2))), show=False)
    with pytest.raises(ValueError, match="lacks the columns"):
        pl.phenotypes(table.drop(columns="padj"), show=False)
    with pytest.raises(KeyError, match="no group 'x'"):
        pl.phenotypes(table, "x", show=False)
    with pytest.raises(KeyError, match="no term 'x'"):
        pl.phenotypes(table, terms=["x"], show=False)
    with pytest.raises(ValueError, match="'disease'"):
        pl.phenotypes(table, kind="symptom", show=False)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="`n_terms` is 0"):
        pl.phenotypes(table, n_terms=0, show=False)


def test_without_significant_terms_the_best_are_drawn(table: pd.DataFrame) -> None:
    ax = pl.phenotypes(table, max_padj=1e-30, show=False)
    assert "no term with padj ≤ 1e-30" in ax.figure.get_supxlabel()
    assert len(ax.get_yticklabels()) > 1


def test_the_ring_is_explained_in_light_and_dark(table: pd.DataFrame) -> None:
    for style in ("default", "dark_background"):
        with plt.style.context(style):
            ax = pl.phenotypes(table, show=False)
            assert "padj ≤ 0.05" in legend_texts(ax.figure)
            check_layout(ax.figure)


def test_given_axes_keep_the_label_of_the_figure(table: pd.DataFrame) -> None:
    figure, axes = plt.subplots(1, 2, figsize=(16, 7))
    figure.supxlabel("mine")
    pl.phenotypes(table, ax=axes[0], show=False)
    assert figure.get_supxlabel() == "mine"
    assert "medical advice" in axes[0].get_xlabel().replace("\n", " ")
