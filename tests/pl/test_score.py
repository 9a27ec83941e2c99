from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anndata as ad
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

import scgsfm

if TYPE_CHECKING:
    from collections.abc import Iterator

LONG = "TRAVAGLINI_LUNG_CD4_MEMORY_EFFECTOR_T_CELL_OF_A_VERY_LONG_NAME"


@pytest.fixture(autouse=True)
def figures() -> Iterator[None]:
    """No window is opened, and no figure stays."""
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    yield
    plt.close("all")


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
    ax = scgsfm.pl.score(adata, method="mean", kind="matrix", groupby="cell_type", show=False)
    scores = adata.obsm["score_mean"].to_numpy()
    expected = [scores[start::3].mean(axis=0) for start in (1, 0, 2)]
    np.testing.assert_allclose(heat_map(ax), expected)
    assert labels(ax.get_yticklabels()) == ["a", "b", "c"]
    assert labels(ax.get_xticklabels())[:2] == ["T/NK", "B"]
    assert labels(ax.get_xticklabels())[2] == "TRAVAGLINI_LUNG_CD4_…OF_A_VERY_LONG_NAME"
    assert color_legend(ax) == "mean mean score"


def test_matrix_of_zscores(adata: ad.AnnData) -> None:
    adata.obsm["score_mean"]["B"] = 0.5
    ax = scgsfm.pl.score(adata, method="mean", kind="matrix", groupby="cell_type", zscore=True, show=False)
    found = heat_map(ax)
    np.testing.assert_allclose(found[:, [0, 2]].mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(found[:, [0, 2]].std(axis=0), 1)
    assert (found[:, 1] == 0).all(), "a set without differences"
    assert ax.collections[0].get_clim() == (-np.abs(found).max(), np.abs(found).max())
    assert color_legend(ax) == "mean mean score (z)"


def test_matrix_by_categories_in_their_order(adata: ad.AnnData) -> None:
    adata.obs["cell_type"] = pd.Categorical(adata.obs["cell_type"], categories=["c", "unused", "b", "a"])
    adata.obs.loc[adata.obs_names[0], "cell_type"] = None
    ax = scgsfm.pl.score(adata, "B", method="mean", kind="matrix", groupby="cell_type", show=False)
    assert labels(ax.get_yticklabels()) == ["c", "b", "a"]
    np.testing.assert_allclose(heat_map(ax)[1, 0], adata.X[3::3, 2].mean())


def test_common_prefix_of_names_is_removed(adata: ad.AnnData) -> None:
    scgsfm.tl.score(adata, {"HALLMARK_HYPOXIA": ["CD3D"], "HALLMARK_HEME_METABOLISM": ["LYZ"]}, method="mean")
    ax = scgsfm.pl.score(adata, method="mean", kind="matrix", groupby="cell_type", show=False)
    assert labels(ax.get_xticklabels()) == ["HYPOXIA", "HEME_METABOLISM"]
    assert ax.get_xlabel() == "HALLMARK"
    one = scgsfm.pl.score(adata, "HALLMARK_HYPOXIA", method="mean", kind="matrix", groupby="cell_type", show=False)
    assert labels(one.get_xticklabels()) == ["HALLMARK_HYPOXIA"]


def test_embedding(adata: ad.AnnData) -> None:
    axes = scgsfm.pl.score(adata, ["B", LONG], method="mean", show=False)
    assert axes[0].get_title() == "B"
    assert axes[1].get_title() == "TRAVAGLINI_LUNG…VERY_LONG_NAME"
    points = axes[0].collections[0]
    order = np.argsort(points.get_array())
    np.testing.assert_allclose(np.asarray(points.get_array())[order], np.sort(adata.X[:, 2]))


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
        ({"kind": "matrix"}, "`groupby=None` is not a column of `obs`.*'cell_type', 'B'"),
        ({"kind": "matrix", "groupby": "leiden"}, "`groupby='leiden'`"),
    ],
)
def test_errors(adata: ad.AnnData, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        scgsfm.pl.score(adata, method="mean", show=False, **options)


def test_too_many_sets(adata: ad.AnnData) -> None:
    scgsfm.tl.score(adata, {f"set {i}": ["CD3D", "LYZ"] for i in range(17)}, method="mean")
    with pytest.raises(ValueError, match="17 sets were scored, too many"):
        scgsfm.pl.score(adata, method="mean", show=False)
    assert scgsfm.pl.score(adata, method="mean", kind="matrix", groupby="cell_type", show=False) is not None


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
