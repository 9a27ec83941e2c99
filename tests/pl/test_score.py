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


def test_matrix_of_means(adata: ad.AnnData) -> None:
    ax = scgsfm.pl.score(adata, method="mean", kind="matrix", groupby="cell_type", show=False)
    scores = adata.obsm["score_mean"].to_numpy()
    expected = [scores[start::3].mean(axis=0) for start in (1, 0, 2)]
    np.testing.assert_allclose(ax.images[0].get_array(), expected)
    assert labels(ax.get_yticklabels()) == ["a", "b", "c"]
    assert labels(ax.get_xticklabels())[:2] == ["T/NK", "B"]
    assert labels(ax.get_xticklabels())[2] == "TRAVAGLINI_LUNG_CD4_…OF_A_VERY_LONG_NAME"
    assert ax.images[0].colorbar.ax.get_ylabel() == "mean mean score"


def test_matrix_of_zscores(adata: ad.AnnData) -> None:
    adata.obsm["score_mean"]["B"] = 0.5
    ax = scgsfm.pl.score(adata, method="mean", kind="matrix", groupby="cell_type", zscore=True, show=False)
    found = np.asarray(ax.images[0].get_array())
    np.testing.assert_allclose(found[:, [0, 2]].mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(found[:, [0, 2]].std(axis=0), 1)
    assert (found[:, 1] == 0).all(), "a set without differences"
    assert ax.images[0].get_clim() == (-np.abs(found).max(), np.abs(found).max())
    assert ax.images[0].colorbar.ax.get_ylabel() == "mean mean score (z)"


def test_matrix_by_categories_in_their_order(adata: ad.AnnData) -> None:
    adata.obs["cell_type"] = pd.Categorical(adata.obs["cell_type"], categories=["c", "unused", "b", "a"])
    adata.obs.loc[adata.obs_names[0], "cell_type"] = None
    ax = scgsfm.pl.score(adata, "B", method="mean", kind="matrix", groupby="cell_type", show=False)
    assert labels(ax.get_yticklabels()) == ["c", "b", "a"]
    np.testing.assert_allclose(np.ravel(ax.images[0].get_array())[1], adata.X[3::3, 2].mean())


def test_common_begin_of_names_is_left_out(adata: ad.AnnData) -> None:
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
    ("options", "told"),
    [
        ({"kind": "umap"}, "`kind` is 'umap'"),
        ({"basis": "tsne"}, "no embedding `basis='tsne'`; `obsm` has: 'X_umap', 'score_mean'"),
        ({"kind": "matrix"}, "`groupby=None` is not a column of `obs`.*'cell_type', 'B'"),
        ({"kind": "matrix", "groupby": "leiden"}, "`groupby='leiden'`"),
    ],
)
def test_errors(adata: ad.AnnData, options: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        scgsfm.pl.score(adata, method="mean", show=False, **options)


def test_too_many_sets_are_not_drawn_unasked(adata: ad.AnnData) -> None:
    scgsfm.tl.score(adata, {f"set {i}": ["CD3D", "LYZ"] for i in range(17)}, method="mean")
    with pytest.raises(ValueError, match="17 sets were scored, too many"):
        scgsfm.pl.score(adata, method="mean", show=False)
    assert scgsfm.pl.score(adata, method="mean", kind="matrix", groupby="cell_type", show=False) is not None
