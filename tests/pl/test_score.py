from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import anndata as ad
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from tests.pl.conftest import flaws

import scgsfm

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LONG = "TRAVAGLINI_LUNG_CD4_MEMORY_EFFECTOR_T_CELL_OF_A_VERY_LONG_NAME"


@pytest.fixture
def adata() -> ad.AnnData:
    x = np.random.default_rng(0).poisson(1.0, (12, 4)).astype(np.float32)
    adata = ad.AnnData(x, var=pd.DataFrame(index=["CD3D", "NKG7", "CD79A", "LYZ"]))
    adata.obs["cell_type"] = ["b", "a", "c"] * 4
    adata.obs["B"] = 1.0  # called like a set
    adata.obsm["X_umap"] = x[:, :2]
    scgsfm.tl.score(adata, {"T/NK": ["CD3D", "NKG7"], "B": ["CD79A"], LONG: ["LYZ"]}, method="mean")
    return adata


def labels(ticks: Any) -> list[str]:
    return [tick.get_text() for tick in ticks]


def heat_map(ax: Any) -> np.ndarray:
    """Values of the heat map, groups × sets."""
    shape = len(ax.get_yticklabels()), len(ax.get_xticklabels())
    return np.asarray(ax.collections[0].get_array()).reshape(shape)


def color_legend(ax: Any) -> str:
    """Title of the color bar."""
    return next(other.get_title() for other in ax.figure.axes if other.get_title())


def test_matrix_of_means(adata: ad.AnnData) -> None:
    ax = scgsfm.pl.score(adata, method="mean", kind="matrix", groupby="cell_type", swap_axes=False, show=False)
    scores = adata.obsm["score_mean"].to_numpy()
    expected = [scores[start::3].mean(axis=0) for start in (1, 0, 2)]
    np.testing.assert_allclose(heat_map(ax), expected)
    assert labels(ax.get_yticklabels()) == ["a", "b", "c"]
    assert labels(ax.get_xticklabels())[:2] == ["T/NK", "B"]
    assert "".join(labels(ax.get_xticklabels())[2].split("\n")) == LONG, "wrapped, not cut"
    assert color_legend(ax) == "mean mean score"


def test_matrix_of_zscores(adata: ad.AnnData) -> None:
    adata.obsm["score_mean"]["B"] = 0.5
    ax = scgsfm.pl.score(
        adata, method="mean", kind="matrix", groupby="cell_type", standard_scale="zscore", swap_axes=False, show=False
    )
    found = heat_map(ax)
    np.testing.assert_allclose(found[:, [0, 2]].mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(found[:, [0, 2]].std(axis=0), 1)
    assert (found[:, 1] == 0).all(), "a set without differences"
    assert ax.collections[0].get_clim() == (-np.abs(found).max(), np.abs(found).max())
    assert color_legend(ax) == "mean mean score\n(z-score per set)"


def test_matrix_by_categories_in_their_order(adata: ad.AnnData) -> None:
    adata.obs["cell_type"] = pd.Categorical(adata.obs["cell_type"], categories=["c", "unused", "b", "a"])
    adata.obs.loc[adata.obs_names[0], "cell_type"] = None
    ax = scgsfm.pl.score(adata, "B", method="mean", kind="matrix", groupby="cell_type", show=False)
    assert labels(ax.get_yticklabels()) == ["c", "b", "a"]
    np.testing.assert_allclose(heat_map(ax)[1, 0], adata.obsm["score_mean"]["B"].to_numpy()[3::3].mean())


def test_collection_is_left_out_of_one_name_as_of_many(adata: ad.AnnData) -> None:
    scgsfm.tl.score(adata, {"HALLMARK_HYPOXIA": ["CD3D"], "HALLMARK_HEME_METABOLISM": ["LYZ"]}, method="mean")
    options: dict[str, Any] = {"method": "mean", "kind": "matrix", "groupby": "cell_type", "show": False}
    ax = scgsfm.pl.score(adata, **options)
    assert labels(ax.get_yticklabels()) == ["HYPOXIA", "HEME_METABOLISM"]
    assert ax.get_ylabel() == "HALLMARK"
    one = scgsfm.pl.score(adata, "HALLMARK_HYPOXIA", **options)
    assert labels(one.get_xticklabels()) == ["HYPOXIA"]


def test_embedding(adata: ad.AnnData) -> None:
    axes = scgsfm.pl.score(adata, ["B", LONG], method="mean", show=False)
    assert axes[0].get_title() == "B"
    assert axes[1].get_title().replace("\n", "") == LONG
    points = axes[0].collections[0]
    order = np.argsort(points.get_array())
    np.testing.assert_allclose(np.asarray(points.get_array())[order], np.sort(adata.obsm["score_mean"]["B"]))


def test_one_embedding_into_given_axes(adata: ad.AnnData) -> None:
    import matplotlib.pyplot as plt

    _, ax = plt.subplots()
    assert scgsfm.pl.score(adata, "T/NK", method="mean", basis="X_umap", ax=ax, show=False) is ax


def test_shown_figures_return_nothing(adata: ad.AnnData, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[bool] = []
    monkeypatch.setattr("matplotlib.pyplot.show", lambda: shown.append(True))
    assert scgsfm.pl.score(adata, method="mean", kind="matrix", groupby="cell_type", show=True) is None
    assert shown == [True]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "umap"}, "`kind` is 'umap'"),
        ({"basis": "tsne"}, "no embedding `basis='tsne'`; `obsm` has: 'X_umap', 'score_mean'"),
        (
            {"kind": "heatmap", "groupby": "cell_type", "ax": Figure().subplots()},
            "`ax` can't be used with `kind='heatmap'`",
        ),
        ({"sets": []}, "`sets` is empty"),
        ({"basis": "score_mean"}, "`basis='score_mean'` is a DataFrame of shape"),
        ({"ax": Figure().subplots(1, 2)}, "`ax` is .*, but must be one Axes"),
        ({"standard_scale": "set"}, "`standard_scale` is 'set'"),
        ({"vmax": "p"}, "percentiles such as 'p99'"),
        ({"kind": "matrix", "groupby": "leiden"}, "`groupby='leiden'`"),
    ],
)
def test_errors(adata: ad.AnnData, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        scgsfm.pl.score(adata, method="mean", show=False, **options)


def test_of_too_many_sets_the_most_variable_are_drawn(adata: ad.AnnData, caplog: pytest.LogCaptureFixture) -> None:
    table = pd.DataFrame({f"set {i}": np.linspace(0, i, 12) for i in range(40)}, index=adata.obs_names)
    adata.obsm["score_new"] = table
    with caplog.at_level("INFO", logger="scgsfm"):
        axes = scgsfm.pl.score(adata, key="score_new", show=False)
    assert [ax.get_title() for ax in axes] == [f"set {i}" for i in range(39, 27, -1)]
    assert "drew 12 of 40 sets, those that vary most; choose by `sets`" in caplog.text


def test_of_too_many_sets_those_are_drawn_that_differ_between_groups(
    adata: ad.AnnData, caplog: pytest.LogCaptureFixture
) -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(12, 100)), index=adata.obs_names).add_prefix("s").mul(9)
    for group in "abc":
        table[f"only {group}"] = (adata.obs["cell_type"] == group) + 0.01 * rng.normal(size=12)
    adata.obsm["score_new"] = table
    with caplog.at_level("INFO", logger="scgsfm"):
        ax = scgsfm.pl.score(adata, key="score_new", kind="matrix", groupby="cell_type", swap_axes=False, show=False)
    assert "drew 24 of 103 sets, those that differ most between groups" in caplog.text
    shown = labels(ax.get_xticklabels())
    assert {"only a", "only b", "only c"} <= set(shown)
    highest = heat_map(ax) - heat_map(ax).mean(axis=0)
    assert (np.diff(highest.argmax(axis=0)) >= 0).all(), "in the order of the groups"


def test_defaults(adata: ad.AnnData, caplog: pytest.LogCaptureFixture) -> None:
    """The scores, the kind and the groups that exist are found."""
    with caplog.at_level("INFO", logger="scgsfm"):
        assert len(scgsfm.pl.score(adata, show=False)) == 3
        assert caplog.text == ""
        del adata.obsm["X_umap"]
        ax = scgsfm.pl.score(adata, show=False)
        assert labels(ax.get_xticklabels()) == ["a", "b", "c"]
        assert "grouped the cells by 'cell_type'; choose by `groupby`" in caplog.text
        del adata.obs["cell_type"]
        ax = scgsfm.pl.score(adata, show=False)
        assert labels(ax.get_yticklabels())[:2] == ["T/NK", "B"]
        assert ax.get_xlabel() == "mean score (line: median)"
        adata.obsm["score_aucell"] = adata.obsm["score_mean"]
        scgsfm.pl.score(adata, show=False)
    assert "drew the scores of 'aucell'; choose by `method`: 'mean', 'aucell'" in caplog.text


def test_outliers_are_clipped(adata: ad.AnnData) -> None:
    values = np.r_[np.linspace(0, 1, 11), 1000]
    adata.obsm["score_mean"] = pd.DataFrame({"one": values, "rare": values == 1000}, index=adata.obs_names, dtype=float)
    one, _ = scgsfm.pl.score(adata, show=False)
    assert one.collections[0].get_clim() == (0, pytest.approx(np.percentile(values, 99)))
    adata.obsm["score_mean"]["one"] = np.arange(12.0)
    for ax in scgsfm.pl.score(adata, shared_scale=True, vmax="p100", show=False):
        assert ax.collections[0].get_clim() == (0, 11)
    low, high = scgsfm.pl.score(adata, "one", vmin=2, vmax=3, show=False).collections[0].get_clim()
    assert (low, high) == (2, 3)
    many = np.zeros(12)
    many[0] = 5
    adata.obsm["score_mean"] = pd.DataFrame({"one": np.tile(many, 1)}, index=adata.obs_names)
    assert scgsfm.pl.score(adata, vmax="p50", show=False).collections[0].get_clim() == (0, 5)


def test_dots(adata: ad.AnnData) -> None:
    scores = adata.obsm["score_mean"]["B"]
    options: dict[str, Any] = {"kind": "dotplot", "groupby": "cell_type", "show": False}
    for cutoff, above, title in (
        (None, scores > scores.mean(), "cells above the\nmean of all cells (%)"),
        (0.5, scores > 0.5, "cells with a\nscore > 0.5 (%)"),
    ):
        ax = scgsfm.pl.score(adata, "B", cutoff=cutoff, **options)
        share = above.groupby(adata.obs["cell_type"]).mean()
        sizes = ax.collections[0].get_sizes()
        assert (np.argsort(sizes, kind="stable") == np.argsort(share.to_numpy(), kind="stable")).all()
        assert title in [other.get_title() for other in ax.figure.axes]
        means = scores.groupby(adata.obs["cell_type"]).mean()
        expected = mpl.colormaps["viridis"]((means - means.min()) / (means.max() - means.min()))
        np.testing.assert_allclose(ax.collections[0].get_facecolors(), expected, atol=0.01)


def test_ridges_are_densities(adata: ad.AnnData) -> None:
    from scipy.stats import gaussian_kde

    rng = np.random.default_rng(0)
    adata.obsm["score_mean"] = pd.DataFrame({"one": rng.normal(size=12)}, index=adata.obs_names)
    ax = scgsfm.pl.score(adata, kind="ridge", groupby="cell_type", show=False)
    curve = ax.lines[0].get_xydata()
    values = adata.obsm["score_mean"]["one"].to_numpy()[1::3]  # type a, the first row
    expected = gaussian_kde(values, "scott")(curve[:, 0])
    found = -curve[:, 1] / np.max(-curve[:, 1])
    np.testing.assert_allclose(found, expected / expected.max(), atol=0.02)
    assert labels(ax.get_yticklabels()) == ["a", "b", "c"]


def test_ridges_of_groups_have_their_colors(adata: ad.AnnData) -> None:
    from matplotlib.colors import to_hex

    adata.obs["cell_type"] = adata.obs["cell_type"].astype("category")
    adata.uns["cell_type_colors"] = ["#111111", "#222222", "#333333"]
    ax = scgsfm.pl.score(adata, "B", kind="ridge", groupby="cell_type", show=False)
    assert [to_hex(area.get_facecolor()[0]) for area in ax.collections] == ["#111111", "#222222", "#333333"]


@pytest.mark.parametrize("kind", ["matrixplot", "violin", "dotplot", "heatmap", "tracksplot"])
def test_dendrogram_brackets_and_input(adata: ad.AnnData, kind: Any) -> None:
    before = adata.copy()
    sets = {"lymphoid": ["T/NK", "B"], "other": [LONG]}
    figure = scgsfm.pl.score(adata, sets, kind=kind, groupby="cell_type", dendrogram=True, return_fig=True)
    texts = [text.get_text() for ax in figure.axes for text in ax.texts]
    assert kind in ("heatmap", "tracksplot") or {"lymphoid", "other"} <= set(texts)
    assert adata.uns.keys() == before.uns.keys()
    pd.testing.assert_frame_equal(adata.obs, before.obs)


def test_sets_in_the_order_of_the_dendrogram(adata: ad.AnnData) -> None:
    """Without a choice of sets, the matrix is a diagonal."""
    # a and c are alike
    profile = {"a": [9, 0, 1, 5], "b": [0, 9, 0, 0], "c": [6, 0, 1, 9]}
    table = pd.DataFrame([profile[group] for group in adata.obs["cell_type"]], index=adata.obs_names).astype(float)
    adata.obsm["score_new"] = table.set_axis(["high in a", "high in b", "high in a or c", "high in c"], axis=1)
    ax = scgsfm.pl.score(
        adata, key="score_new", kind="matrix", groupby="cell_type", dendrogram=True, swap_axes=False, show=False
    )
    rows = labels(ax.get_yticklabels())
    assert rows.index("b") != 1, "like groups are neighbors"
    highest = [rows[i] for i in heat_map(ax).argmax(axis=0)]
    assert [rows.index(group) for group in highest] == sorted(rows.index(group) for group in highest)
    named = scgsfm.pl.score(
        adata,
        ["high in c", "high in b"],
        key="score_new",
        kind="matrix",
        groupby="cell_type",
        dendrogram=True,
        show=False,
    )
    assert labels(named.get_xticklabels()) == ["high in c", "high in b"], "a choice keeps its order"


def test_groups_called_like_a_set(adata: ad.AnnData) -> None:
    adata.obs["B"] = adata.obs["cell_type"]
    ax = scgsfm.pl.score(adata, kind="matrix", groupby="B", show=False)
    assert labels(ax.get_xticklabels()) == ["a", "b", "c"]
    assert ax.get_xlabel() == "B"


@pytest.mark.usefixtures("autoshow")
def test_files_and_figures(adata: ad.AnnData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import matplotlib.pyplot as plt

    monkeypatch.setattr("matplotlib.pyplot.show", lambda: pytest.fail("a saved figure is not shown"))
    path = tmp_path / "new folder" / "scores.png"
    assert scgsfm.pl.score(adata, "B", save=path) is None
    assert path.read_bytes()[:4] == b"\x89PNG"
    assert not plt.get_fignums()
    figure = scgsfm.pl.score(adata, "B", figsize=(3, 2), return_fig=True)
    assert isinstance(figure, Figure)
    assert tuple(figure.get_size_inches()) == (3, 2)
    figure = scgsfm.pl.score(adata, kind="dotplot", groupby="cell_type", figsize=(6, 4), return_fig=True)
    assert tuple(figure.get_size_inches()) == (6, 4)


def test_options_of_scanpy(adata: ad.AnnData) -> None:
    options = {"method": "mean", "kind": "matrix", "groupby": "cell_type", "show": False}
    ax = scgsfm.pl.score(adata, swap_axes=True, vmin=-1, **options)
    assert labels(ax.get_xticklabels()) == ["a", "b", "c"]
    assert labels(ax.get_yticklabels())[:2] == ["T/NK", "B"]
    assert ax.collections[0].get_clim()[0] == -1


def test_matrix_on_given_axes(adata: ad.AnnData) -> None:
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots()
    drawn = scgsfm.pl.score(adata, method="mean", kind="matrix", groupby="cell_type", ax=ax, show=False)
    assert drawn.figure is figure


def bottom_texts(figure: Any) -> list[str]:
    return [text.get_text() for text in figure.texts] + [figure.get_supxlabel()]


@pytest.mark.parametrize("kind", ["matrixplot", "dotplot", "violin"])
def test_missing_scores(adata: ad.AnnData, kind: Any) -> None:
    """Sets and cells without a score leave the colors of the others as they are."""
    table = pd.DataFrame({"none": np.nan, "one": np.linspace(0, 1, 12), "two": 0.5}, index=adata.obs_names)
    table.iloc[0, 1] = np.nan
    adata.obsm["score_new"] = table
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        ax = scgsfm.pl.score(
            adata, key="score_new", kind=kind, groupby="cell_type", standard_scale="none", swap_axes=False, show=False
        )
    found = table.groupby(adata.obs["cell_type"])["one"].agg("median" if kind == "violin" else "mean")
    bar = next(other for other in ax.figure.axes if other.get_title().startswith("me"))
    bounds = min(found.min(), 0.5), max(found.max(), 0.5)
    np.testing.assert_allclose(bar.get_xlim(), bounds)
    assert "blank: no score" in bottom_texts(ax.figure)
    figure = scgsfm.pl.score(adata, key="score_new", return_fig=True)
    assert "grey: no score" in bottom_texts(figure)


@pytest.mark.parametrize("kind", ["matrixplot", "dotplot", "violin"])
@pytest.mark.parametrize("value", [np.nan, 0.0])
def test_no_set_with_a_score_above_zero(adata: ad.AnnData, kind: Any, value: float) -> None:
    table = pd.DataFrame({"a": value, "b": 1.0}, index=adata.obs_names)
    adata.obsm["score_new"] = table
    options: dict[str, Any] = {"key": "score_new", "groupby": "cell_type", "figsize": (4, 3), "show": False}
    assert scgsfm.pl.score(adata, ["a"], kind=kind, **options) is not None


def test_missing_groups_have_no_zscore(adata: ad.AnnData) -> None:
    adata.obsm["score_mean"].loc[adata.obs["cell_type"] == "b", "B"] = np.nan
    ax = scgsfm.pl.score(
        adata, kind="matrix", groupby="cell_type", standard_scale="zscore", swap_axes=False, show=False
    )
    found = heat_map(ax)[:, 1]
    assert np.isnan(found[1])
    np.testing.assert_allclose(found[[0, 2]].mean(), 0, atol=1e-12)


@pytest.mark.parametrize("kind", ["matrixplot", "embedding", "ridge"])
def test_the_figure_says_what_is_drawn(adata: ad.AnnData, kind: Any) -> None:
    rng = np.random.default_rng(0)
    adata.obsm["score_new"] = pd.DataFrame(rng.random((12, 1040)), index=adata.obs_names).add_prefix("set ")
    groupby = None if kind == "embedding" else "cell_type"
    figure = scgsfm.pl.score(adata, key="score_new", kind=kind, groupby=groupby, return_fig=True)
    n, reason = {"matrixplot": (24, "differ most between groups"), "ridge": (8, "differ most between groups")}.get(
        kind, (12, "vary most")
    )
    assert f"{n} of 1,040 sets, those that {reason}" in bottom_texts(figure)


def test_tracks_have_a_scale(adata: ad.AnnData) -> None:
    adata.obsm["score_mean"]["B"] = np.linspace(0, 0.37, 12)
    figure = scgsfm.pl.score(adata, ["B", "T/NK"], kind="tracksplot", groupby="cell_type", return_fig=True)
    top = f"{adata.obsm['score_mean']['T/NK'].max():.2g}" if "T/NK" in adata.obsm["score_mean"] else None
    marked = [text.get_text() for ax in figure.axes[:2] for text in ax.get_yticklabels()]
    assert marked[0] == "0.37"
    assert top is None or marked[1] == top
    adata.obs["one"] = pd.Categorical(["all"] * 12)
    figure = scgsfm.pl.score(adata, "B", kind="tracksplot", groupby="one", return_fig=True)
    assert "all" in [text.get_text() for ax in figure.axes for text in ax.get_xticklabels()]


@pytest.mark.parametrize("kind", ["heatmap", "tracksplot"])
def test_names_of_small_groups_do_not_overlap(cells: Callable[[int], ad.AnnData], kind: Any) -> None:
    adata = cells(3)
    adata.obs["small"] = pd.Categorical([f"type {min(i, 12):02}" for i in range(60)])
    figure = scgsfm.pl.score(adata, kind=kind, groupby="small", method="aucell", return_fig=True)
    assert flaws(figure) == []
