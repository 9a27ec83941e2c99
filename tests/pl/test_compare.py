from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anndata as ad
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from tests.pl._layout_checks import check_layout, legend_texts

from scgsfm import pl, tl

if TYPE_CHECKING:
    from collections.abc import Iterator

mpl.use("agg")


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    yield
    plt.close("all")


def cells(n_donors: int = 6, **options: Any) -> ad.AnnData:
    rng = np.random.default_rng(0)
    obs = pd.DataFrame(index=[f"c{i}" for i in range(360)])
    obs["donor"] = [f"donor {i % n_donors}" for i in range(360)]
    obs["type"] = np.repeat(["B", "CD4 T", "Mono"], 120)
    obs["group"] = np.where(np.arange(360) % n_donors < n_donors / 2, "control", "treated")
    names = [f"LIBRARY_SET_{i}_{'LONG_NAME_' * (i % 4)}X" for i in range(14)]
    scores = pd.DataFrame(rng.normal(size=(360, 14)), obs.index, names)
    scores.iloc[:, 2] += 2 * (obs["group"] == "treated")
    scores.iloc[:, 5] -= 2 * (obs["group"] == "treated") * (obs["type"] == "Mono")
    adata = ad.AnnData(np.ones((360, 1), np.float32), obs, obsm={"score": scores})
    tl.compare(adata, "score", **{"condition": "group", "sample": "donor", "groupby": "type"} | options)
    return adata


@pytest.fixture(scope="module")
def adata() -> ad.AnnData:
    return cells()


def test_dots(adata: ad.AnnData) -> None:
    ax = pl.compare(adata, n_terms=3, show=False)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["B", "CD4 T", "Mono"]
    dots = ax.collections[0]
    low, high = dots.get_clim()
    assert low == -high
    table = adata.uns["compare"]
    assert high == pytest.approx(table["standardized_effect"].abs().max())
    assert ax.get_legend().get_title().get_text() == "-log10 padj"
    check_layout(ax.figure)


def test_colors_are_the_effect_that_is_chosen(adata: ad.AnnData) -> None:
    table = adata.uns["compare"]
    name = table["set"].iloc[0]
    ax = pl.compare(table, "B", terms=name, effect="effect", show=False)
    expected = table[(table["set"] == name) & (table["cell_type"] == "B")]["effect"]
    np.testing.assert_allclose(ax.collections[0].get_array(), expected)


def test_volcano(adata: ad.AnnData) -> None:
    axes = pl.compare(adata, kind="volcano", show=False)
    assert len(axes) == 3
    assert axes[0].get_xlabel() == "standardized effect, treated versus control"
    assert sum(len(points.get_offsets()) for points in axes[0].collections[:3]) == 14
    assert "positive effect" in legend_texts(axes[0].figure)
    check_layout(axes[0].figure)


def test_lines_between_samples_are_explained(adata: ad.AnnData) -> None:
    paired = cells()
    paired.obs["group"] = np.where(np.arange(360) // 6 % 2, "treated", "control")
    paired.obs["sample"] = paired.obs["donor"] + paired.obs["group"]
    tl.compare(paired, "score", condition="group", sample="sample", groupby="type", paired="donor")
    for figsize in (None, (3.5, 3)):
        figure = pl.compare(paired, "B", kind="samples", figsize=figsize, return_fig=True)
        assert "same donor" in legend_texts(figure)
        check_layout(figure)
    assert "same donor" not in legend_texts(pl.compare(adata, "B", kind="samples", return_fig=True))


@pytest.mark.filterwarnings("ignore:No p-values")
def test_without_pvalues() -> None:
    adata = cells(4)
    ax = pl.compare(adata, show=False)
    assert len(set(ax.collections[0].get_sizes())) == 1
    assert "too few samples" in ax.figure._supxlabel.get_text()
    check_layout(ax.figure)
    with pytest.raises(ValueError, match="needs p-values"):
        pl.compare(adata, kind="volcano", show=False)
    ax = pl.compare(adata, kind="samples", show=False)
    assert not any(text.get_text() == "padj" for text in ax.texts)


def test_samples(adata: ad.AnnData) -> None:
    name = adata.obsm["score"].columns[2]
    ax = pl.compare(adata, kind="samples", terms=name, show=False)
    means = adata.uns["compare_samples"]
    means = means[means["set"] == name]
    points = [each.get_offsets()[:, 1] for each in ax.collections if len(each.get_offsets()) == 3 * 2][:3]
    assert len(points) == 3
    for y, cell_type in zip(points, ["B", "CD4 T", "Mono"], strict=True):
        np.testing.assert_allclose(y, means.loc[means["cell_type"] == cell_type, "mean"])
    assert {"control", "treated", "cells", "mean of samples"} <= set(legend_texts(ax.figure))
    padj = adata.uns["compare"].set_index(["cell_type", "set"])["padj"].loc[("B", name)]
    assert f"{padj:.0e}" in [text.get_text() for text in ax.texts]
    check_layout(ax.figure)


def test_the_default_set_has_the_lowest_p(adata: ad.AnnData) -> None:
    ax = pl.compare(adata, "Mono", kind="samples", show=False)
    table = adata.uns["compare"]
    rows = table[table["cell_type"] == "Mono"]
    title = ax.get_title(loc="left").replace("\n", "")
    assert title == rows.loc[rows["pvalue"].idxmin(), "set"]


def test_pairs_are_connected() -> None:
    adata = cells()
    adata.obs["group"] = np.where(np.arange(360) // 6 % 2, "treated", "control")
    tl.compare(adata, "score", condition="group", sample="donor", paired="donor", groupby="type")
    ax = pl.compare(adata, "B", kind="samples", show=False)
    lines = [line for line in ax.lines if len(line.get_xdata()) == 2]
    assert len(lines) == 6


def test_cells_are_drawn_only_if_their_scores_are_stored(adata: ad.AnnData) -> None:
    bare = adata.copy()
    del bare.obsm["score"]
    ax = pl.compare(bare, kind="samples", show=False)
    assert "cells" not in legend_texts(ax.figure)


def test_given_axes(adata: ad.AnnData) -> None:
    figure, axes = plt.subplots(1, 2, figsize=(10, 4))
    assert pl.compare(adata, "B", kind="samples", ax=axes[0], show=False) is axes[0]
    assert pl.compare(adata, "B", kind="volcano", ax=axes[1], show=False) is axes[1]
    check_layout(figure)


def test_errors(adata: ad.AnnData) -> None:
    with pytest.raises(TypeError, match="needs the AnnData"):
        pl.compare(adata.uns["compare"], kind="samples", show=False)
    with pytest.raises(ValueError, match="draws one set"):
        pl.compare(adata, kind="samples", terms=adata.uns["compare"]["set"].unique()[:2], show=False)
    with pytest.raises(KeyError, match="no cell type 'C'"):
        pl.compare(adata, "C", show=False)
    with pytest.raises(KeyError, match="no condition 'x'"):
        pl.compare(adata, condition="x", show=False)
    with pytest.raises(ValueError, match="Did you mean 'volcano'"):
        pl.compare(adata, kind="vulcano", show=False)


def test_groups_without_pvalues_or_effects(adata: ad.AnnData) -> None:
    table = adata.uns["compare"].copy()
    table.loc[table["cell_type"] == "B", ["pvalue", "padj"]] = np.nan
    with pytest.raises(ValueError, match="A volcano needs p-values, which `tl.compare` did not give for 'B'"):
        pl.compare(table, "B", kind="volcano", show=False)
    table["standardized_effect"] = np.nan
    with pytest.raises(ValueError, match="'standardized_effect'` is missing for all sets.*Use `effect='effect'`"):
        pl.compare(table, show=False)
    pl.compare(table, effect="effect", show=False)
    table.loc[table["cell_type"] == "B", "condition"] = "other"
    with pytest.raises(ValueError, match="no comparison of 'other' in 'Mono'"):
        pl.compare(table, "Mono", condition="other", effect="effect", show=False)
