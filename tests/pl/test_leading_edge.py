from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import scanpy as sc
from matplotlib import pyplot as plt
from tests.pl._layout_checks import check_layout, legend_texts

import scgsfm
from scgsfm.pl import leading_edge

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from anndata import AnnData

mpl.use("agg")


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture
def table() -> pd.DataFrame:
    genes = ["a;b;c", "b;c;d;e", "f", ""]
    columns = {
        "term": ["L_one", "L_two", "L_three", "L_none"],
        "score": [2.0, 2, 2, -1],
        "padj": [0.001, 0.002, 0.003, 1],
    }
    return pd.DataFrame({"group": "B", **columns, "pvalue": columns["padj"], "genes": genes})


@pytest.fixture(scope="module")
def adata() -> AnnData:
    adata = scgsfm.datasets.pbmc()[:300].copy()
    adata.obs["cell_type"] = adata.obs["cell_type"].cat.remove_unused_categories()
    scgsfm.tl.enrich(adata, "hallmark", groupby="cell_type")
    return adata


def marks(ax: Any) -> np.ndarray:
    return np.asarray(ax.collections[0].get_array()).reshape(len(ax.get_yticklabels()), -1)


def test_membership(table: pd.DataFrame) -> None:
    (ax,) = leading_edge(table, show=False)
    genes = [label.get_text() for label in ax.get_xticklabels()]
    assert genes == ["b", "c", "a", "d", "e", "f"], "genes of the most terms come first"
    assert [label.get_text() for label in ax.get_yticklabels()] == ["one", "two", "three"]
    expected = [[gene in names for gene in genes] for names in ("abc", "bcde", "f")]
    np.testing.assert_array_equal(marks(ax), expected)
    assert ax.get_title(loc="left") == "B, L"
    assert legend_texts(ax.figure) == ["in the list"]
    check_layout(ax.figure)


def test_genes_and_terms_that_fit(table: pd.DataFrame) -> None:
    (ax,) = leading_edge(table, n_genes=2, show=False)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["b", "c"]
    assert "2 of 6 genes" in ax.figure.get_supxlabel()
    (ax,) = leading_edge(table, terms="L_two", show=False)
    assert marks(ax).shape == (1, 4)
    (ax,) = leading_edge(table, max_padj=1e-9, show=False)
    assert "no term with padj ≤ 1e-09" in ax.figure.get_supxlabel()


def test_expression_of_groups(adata: AnnData) -> None:
    group = "B"
    above, below = leading_edge(adata, group, show=False)
    genes = [label.get_text() for label in below.get_xticklabels()]
    groups = adata.obs["cell_type"].cat.categories.tolist()
    assert [label.get_text() for label in below.get_yticklabels()] == groups
    normalized = adata.copy()
    sc.pp.normalize_total(normalized, target_sum=1e4)
    sc.pp.log1p(normalized)
    means = normalized[:, genes].to_df().groupby(adata.obs["cell_type"].to_numpy()).mean().loc[groups]
    expected = (means - means.min()) / (means.max() - means.min())
    np.testing.assert_allclose(marks(below), expected, atol=1e-4)
    rows = adata.uns["enrich"].query("group == @group").set_index("term")["genes"]
    for label, row in zip(above.get_yticklabels(), marks(above), strict=True):
        hits = set(rows["HALLMARK_" + label.get_text()].split(";"))
        assert [gene in hits for gene in genes] == row.astype(bool).tolist()
    check_layout(above.figure)


def test_table_without_expression_and_default_group(adata: AnnData) -> None:
    table = adata.uns["enrich"]
    (ax,) = leading_edge(table, show=False)
    assert ax.get_title(loc="left").startswith(str(table.loc[table["padj"].idxmin(), "group"]))


def test_size_axes_and_dark_style(adata: AnnData, tmp_path: Path) -> None:
    with plt.style.context("dark_background"):
        figure, axes = plt.subplots(1, 2, figsize=(18, 5))
        for ax in axes:
            leading_edge(adata, "B", ax=ax, show=False)
        check_layout(figure)
    path = tmp_path / "edge.png"
    saved = leading_edge(adata, "B", figsize=(9, 6), save=path, return_fig=True, show=False)
    assert tuple(saved.get_size_inches()) == (9, 6)
    assert path.exists()


def test_errors(table: pd.DataFrame) -> None:
    with pytest.raises(KeyError, match="no group 'X'"):
        leading_edge(table, "X", show=False)
    with pytest.raises(KeyError, match="no term 'X'"):
        leading_edge(table, terms="X", show=False)
    with pytest.raises(ValueError, match="no gene"):
        leading_edge(table, terms="L_none", show=False)
    with pytest.raises(ValueError, match="`n_genes` is 0"):
        leading_edge(table, n_genes=0, show=False)
    with pytest.raises(ValueError, match="no row"):
        leading_edge(table[:0], show=False)
