from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import anndata as ad
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from tests.pl._layout_checks import check_layout

import scgsfm
from scgsfm.errors import GeneMatchError
from scgsfm.pl._gene_map import plane
from scgsfm.pl._placement import place_labels
from scgsfm.pl._representatives import representatives

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from matplotlib.axes import Axes

GENES = ["CD3D", "CD3E", "CD3G", "CD2", "CD79A", "CD79B", "MS4A1", "LYZ", "unknown"]


@pytest.fixture(autouse=True)
def figures() -> Iterator[None]:
    """No window is opened, and no figure stays."""
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    yield
    plt.close("all")


@pytest.fixture
def adata() -> ad.AnnData:
    """Genes with vectors of four dimensions, the last without."""
    vectors = np.random.default_rng(0).normal(size=(9, 4))
    vectors[-1] = np.nan
    var = pd.DataFrame({"kind": list("TTTTBBBMM"), "n": np.arange(9.0)}, index=GENES)
    return ad.AnnData(np.zeros((2, 9), np.float32), var=var, varm={"gsfm": vectors})


def colors(ax: Axes) -> dict[tuple[float, float], str]:
    """Colour of each point drawn."""
    return {
        tuple(at): to_hex(color).upper()
        for points in ax.collections
        for at, color in zip(
            points.get_offsets().data, np.resize(points.get_facecolors(), (len(points.get_offsets()), 4)), strict=True
        )
    }


def boxes(ax: Axes) -> dict[str, np.ndarray]:
    """Extent of each label in the finished figure."""
    ax.figure.draw_without_rendering()
    return {text.get_text(): text.get_window_extent().extents for text in ax.texts}


def components(x: np.ndarray) -> np.ndarray:
    x = x - x.mean(axis=0)
    return x @ np.linalg.svd(x)[2][:2].T


def test_pca_shows_the_first_components(adata: ad.AnnData) -> None:
    found = plane(adata.varm["gsfm"][:-1], "pca", 0)
    np.testing.assert_allclose(np.abs(found), np.abs(components(adata.varm["gsfm"][:-1])), atol=1e-6)


def test_umap_keeps_neighbors_together() -> None:
    centres = 10 * np.eye(6)[:3]
    vectors = np.concatenate([c + np.random.default_rng(1).normal(size=(40, 6)) for c in centres])
    xy = plane(vectors, "umap", 0)
    group = np.repeat([0, 1, 2], 40)
    distance = np.linalg.norm(xy[:, None] - xy[None], axis=2) + np.where(np.eye(120), np.inf, 0)
    assert (group[distance.argmin(axis=1)] == group).all()
    np.testing.assert_array_equal(xy, plane(vectors, "umap", np.random.default_rng(0)))


def test_two_dimensional_vectors_are_unchanged() -> None:
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(5, 2)), index=list("abcde"), columns=["x", "y"])
    ax = scgsfm.pl.gene_map(table, show=False)
    np.testing.assert_array_equal(ax.collections[0].get_offsets(), table)
    assert {text.get_text() for text in ax.texts} == set("abcde")


def test_members_of_sets_have_the_color_of_their_first_set(adata: ad.AnnData) -> None:
    sets = {"X_T": ["Cd3d", "CD3E"], "X_all": ["CD3E", "MS4A1", "unknown", "absent"]}
    ax = scgsfm.pl.gene_map(adata, gene_sets=sets, method="pca", label=False, show=False)
    xy = plane(adata.varm["gsfm"][:-1], "pca", 0)
    found = [colors(ax)[tuple(at)] for at in xy]
    first, second, grey = found[0], found[6], found[7]
    assert found == [first, first, grey, grey, grey, grey, second, grey]
    assert len({first, second, grey}) == 3
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["T (2)", "all (1)", "others (5)"]
    assert not ax.texts


def test_columns_and_values_by_name(adata: ad.AnnData) -> None:
    ax = scgsfm.pl.gene_map(adata, color="kind", method="pca", show=False)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["B (3)", "M (1)", "T (4)"]
    ax = scgsfm.pl.gene_map(adata, color="n", method="pca", show=False)
    points = ax.collections[0]
    xy = plane(adata.varm["gsfm"][:-1], "pca", 0)
    order = [np.flatnonzero((xy == at).all(axis=1))[0] for at in points.get_offsets().data]
    np.testing.assert_array_equal(points.get_array(), adata.var["n"].to_numpy()[order])
    assert ax.figure.axes[1].get_ylabel() == "n"
    table = pd.DataFrame(adata.varm["gsfm"], index=GENES)
    by_name = pd.Series(["x", "y"], index=["LYZ", "CD2"])
    ax = scgsfm.pl.gene_map(table, color=by_name, method="pca", show=False)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["x (1)", "y (1)", "others (6)"]


def test_labels_do_not_overlap() -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(40, 2)), index=[f"A_long_name_{i}" for i in range(40)])
    found = boxes(scgsfm.pl.gene_map(table, show=False))
    assert len(found) == 40
    left, bottom, right, top = np.array(list(found.values())).T
    meet = (left[:, None] < right) & (left < right[:, None]) & (bottom[:, None] < top) & (bottom < top[:, None])
    assert meet.sum() == 40, "each only itself"


def test_labels_avoid_points_and_stay_inside() -> None:
    import matplotlib.pyplot as plt

    _, ax = plt.subplots()
    xy = np.array([[0.5, 0.5], [0.52, 0.5], [0.98, 0.5]])
    ax.scatter(*xy.T)
    ax.set(xlim=(0, 1), ylim=(0, 1))
    assert place_labels(ax, xy, np.array([0, 2]), ["among", "at the edge"]) == []
    found, points = boxes(ax), ax.transData.transform(xy)
    for left, bottom, right, top in found.values():
        assert not ((points > [left, bottom]) & (points < [right, top])).all(axis=1).any()
    frame = ax.get_window_extent()
    assert found["at the edge"][2] <= frame.x1
    assert found["among"][2] < points[0, 0], "on the right is another point"


def test_labels_without_space_are_omitted(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger("scgsfm"), "propagate", True)
    table = pd.DataFrame(np.zeros((60, 2)), index=[f"gene {i}" for i in range(60)])
    import matplotlib.pyplot as plt

    _, ax = plt.subplots(figsize=(2, 2))
    with caplog.at_level("INFO", logger="scgsfm"):
        scgsfm.pl.gene_map(table, ax=ax, show=False)
    assert 0 < len(ax.texts) < 60
    assert f"{60 - len(ax.texts)} labels are omitted" in caplog.text


def test_named_labels(adata: ad.AnnData) -> None:
    ax = scgsfm.pl.gene_map(adata, label=["MS4A1", "Cd3e"], method="pca", show=False)
    assert {text.get_text() for text in ax.texts} == {"MS4A1", "CD3E"}
    many = pd.DataFrame(np.random.default_rng(0).normal(size=(101, 2)), index=[f"g{i}" for i in range(101)])
    assert not scgsfm.pl.gene_map(many, label=False, show=False).texts
    assert len(scgsfm.pl.gene_map(many, label=["g3", "g7"], show=False).texts) == 2


def test_regions_of_a_large_map_are_labeled() -> None:
    centres = np.array([(0, 0), (10, 0), (0, 10)])
    xy = np.concatenate([c + np.random.default_rng(0).normal(size=(60, 2)) for c in centres])
    names = [f"GENE{i}" if i % 2 else f"AC{i:06d}.1" for i in range(180)]
    table = pd.DataFrame(xy, index=names)
    shown = [text.get_text() for text in scgsfm.pl.gene_map(table, show=False).texts]
    assert len(shown) >= 15
    assert sum(name.startswith("GENE") for name in shown) > 0.8 * len(shown), "clones tell nothing"
    chosen = representatives(xy, names, 3)
    assert sorted(chosen // 60) == [0, 1, 2]
    for group, center in enumerate(centres):
        own = np.linalg.norm(xy[60 * group : 60 * group + 60] - center, axis=1)
        assert np.linalg.norm(xy[chosen[chosen // 60 == group][0]] - center) < np.median(own)


def test_dark_style_and_given_axes(adata: ad.AnnData, tmp_path: Path) -> None:
    import matplotlib.pyplot as plt

    with plt.style.context("dark_background"):
        figure, axes = plt.subplots(1, 2, figsize=(12, 5))
        scgsfm.pl.gene_map(adata, color="kind", method="pca", ax=axes[0], show=False)
        scgsfm.pl.gene_map(adata, gene_sets={"a": ["LYZ"]}, method="pca", ax=axes[1], show=False)
        check_layout(figure)
        halo = axes[0].texts[0].get_path_effects()[0]
        assert to_hex(halo._gc["foreground"]) == to_hex(axes[0].get_facecolor())
    adata.uns["kind_colors"] = ["#111111", "#222222", "#333333"]
    path = tmp_path / "map.png"
    saved = scgsfm.pl.gene_map(adata, color="kind", method="pca", save=path, return_fig=True, show=False)
    assert path.exists()
    assert "#111111" in colors(saved.axes[0]).values()


def test_errors(adata: ad.AnnData) -> None:
    with pytest.raises(KeyError, match="no 'other', but 'gsfm'"):
        scgsfm.pl.gene_map(adata, key="other")
    with pytest.raises(ValueError, match="give one of them"):
        scgsfm.pl.gene_map(adata, gene_sets={"a": ["LYZ"]}, color="kind")
    with pytest.raises(ValueError, match="'tsne', but must be"):
        scgsfm.pl.gene_map(adata, method="tsne")
    with pytest.raises(ValueError, match="color='sort'` is not a column"):
        scgsfm.pl.gene_map(adata, color="sort")
    with pytest.raises(ValueError, match="give a Series of values"):
        scgsfm.pl.gene_map(pd.DataFrame(np.eye(3)), color="kind")
    for wrong in (pd.Series([1.0], index=["unknown"]), pd.Series([1.0, 2.0], index=["0", "0"])):
        with pytest.raises(ValueError, match="index must be the names of the points, each of them once"):
            scgsfm.pl.gene_map(pd.DataFrame(np.eye(3), index=list("012")), color=wrong)
    with pytest.raises(ValueError, match="have 1 dimension"):
        scgsfm.pl.gene_map(pd.DataFrame(np.eye(3)[:, :1]), method="pca")
    with pytest.raises(KeyError, match="'7', which has no vector"):
        scgsfm.pl.gene_map(pd.DataFrame(np.eye(3), index=list("012")), method="pca", label=7)  # type: ignore[arg-type]
    many = scgsfm.pl.gene_map(adata, gene_sets={f"s{i}": ["LYZ"] for i in range(21)}, method="pca", show=False)
    assert len(many.get_legend().get_texts()) == 21, "20 sets, and the other genes"
    with pytest.raises(GeneMatchError, match="None of the 1 genes"):
        scgsfm.pl.gene_map(adata, gene_sets={"a": ["FBgn1"]}, method="pca")
    with pytest.raises(KeyError, match="'unknown', which has no vector"):
        scgsfm.pl.gene_map(adata, label=["LYZ", "unknown"], method="pca")
    with pytest.raises(ValueError, match="Only 2 of 3 points"):
        scgsfm.pl.gene_map(pd.DataFrame([[1.0, 2], [2, 3], [np.nan, 1]], index=list("abc")))
