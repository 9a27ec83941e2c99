from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

import scgsfm

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.figure import Figure

SETS = {"T/NK": ["CD3D", "CD3E", "NKG7"], "B": ["CD79A", "CD79B", "MS4A1"], "Mono": ["LYZ", "CD14", "S100A8"]}


@pytest.fixture
def adata() -> ad.AnnData:
    """Three clusters, of which the last has markers of none of the sets."""
    rng = np.random.default_rng(0)
    genes = [*(gene for own in SETS.values() for gene in own), *(f"g{i}" for i in range(300))]
    x = rng.poisson(rng.gamma(1.0, 1.0, len(genes)), (60, len(genes))).astype(np.float32)
    cluster = np.repeat(["2", "0", "1"], 20)
    for group, own in (("0", SETS["B"]), ("1", SETS["T/NK"])):
        x[np.ix_(cluster == group, [genes.index(gene) for gene in own])] += rng.poisson(9, (20, 3))
    adata = ad.AnnData(
        x, var=pd.DataFrame(index=genes), obs=pd.DataFrame({"cluster": cluster}, index=map(str, range(60)))
    )
    adata.obsm["X_umap"] = rng.normal(size=(60, 2))
    scgsfm.tl.annotate(adata, markers=SETS, groupby="cluster")
    assert adata.obs.groupby("cluster")["annotation"].first().tolist() == ["B", "T/NK", "unassigned"]
    return adata


def test_matrix_shows_scores_and_labels(adata: ad.AnnData) -> None:
    axes = scgsfm.pl.annotate(adata, kind="matrix", show=False)
    columns = [tick.get_text() for tick in axes.get_xticklabels()]
    rows = [tick.get_text() for tick in axes.get_yticklabels()]
    assert sorted(rows) == ["0", "1", "2"]
    best = adata.uns["annotation"].query("rank == 1").set_index("group")["cell_type"]
    assert set(best) <= set(columns)
    table = adata.uns["annotation"].set_index(["group", "cell_type"])["score"]
    shown = axes.images[0].get_array()
    for i, group in enumerate(rows):
        for j, name in enumerate(columns):
            assert shown[i, j] == pytest.approx(table[group, name])
    best = adata.uns["annotation"].query("rank == 1").set_index("group")["cell_type"]
    spots = {tuple(c.get_offsets()[0]) for c in axes.collections}
    assert spots == {(columns.index(best[group]), i) for i, group in enumerate(rows)}
    assert axes.get_ylabel() == "cluster"


def test_matrix_of_fewer_types_on_given_axes(adata: ad.AnnData) -> None:
    import matplotlib.pyplot as plt

    _, ax = plt.subplots()
    axes = scgsfm.pl.annotate(adata, kind="matrix", n_types=1, ax=ax, cmap="magma", show=False)
    assert axes is ax
    best = set(adata.uns["annotation"].query("rank == 1")["cell_type"])
    assert {tick.get_text() for tick in axes.get_xticklabels()} == best
    assert axes.images[0].get_cmap().name == "magma"


def test_unassigned_cells_are_grey(adata: ad.AnnData) -> None:
    before = adata.copy()
    label, confidence = scgsfm.pl.annotate(adata, show=False)
    assert (label.get_title(), confidence.get_title()) == ("cell type", "confidence (grey: unassigned)")
    colors = {to_hex(color) for color in label.collections[0].get_facecolors()}
    assert len(colors) == 3
    assert "#d3d3d3" in colors
    assert [text.get_text() for text in label.get_legend().get_texts()] == ["B", "T/NK", "unassigned"]
    pd.testing.assert_frame_equal(adata.obs, before.obs)
    assert adata.uns.keys() - before.uns.keys() == {"annotation_colors"}
    shown = confidence.collections[-1].get_array()
    assert np.isfinite(shown).sum() == (adata.obs["annotation"] != "unassigned").sum(), "others have no confidence"


def test_colors_are_those_of_scanpy(adata: ad.AnnData) -> None:
    import scanpy as sc

    label, _ = scgsfm.pl.annotate(adata, show=False)
    chosen = list(adata.uns["annotation_colors"])
    assert dict(zip(adata.obs["annotation"].cat.categories, chosen, strict=True))["unassigned"] == "#d3d3d3"
    again = sc.pl.umap(adata, color="annotation", show=False)
    assert list(adata.uns["annotation_colors"]) == chosen
    for ax in (label, again):
        assert {to_hex(color) for color in ax.collections[0].get_facecolors()} == {color.lower() for color in chosen}
    adata.uns["annotation_colors"] = ["#ff0000", "#00ff00", "#0000ff"]
    label, _ = scgsfm.pl.annotate(adata, show=False)
    assert {to_hex(color) for color in label.collections[0].get_facecolors()} == {"#ff0000", "#00ff00", "#0000ff"}


@pytest.mark.parametrize("style", ["default", "dark_background"])
@pytest.mark.parametrize("kind", ["embedding", "matrix"])
def test_layout(adata: ad.AnnData, kind: Any, style: str, check_layout: Callable[[Figure], None]) -> None:
    import matplotlib.pyplot as plt

    with plt.style.context(style):
        check_layout(scgsfm.pl.annotate(adata, kind=kind, return_fig=True))


def test_marks_are_explained_and_types_without_evidence_left_out(adata: ad.AnnData) -> None:
    axes = scgsfm.pl.annotate(adata, kind="matrix", show=False)
    legends = [ax.get_legend() for ax in axes.figure.axes if ax.get_legend()]
    assert [text.get_text() for text in legends[0].get_texts()] == [
        "label of the group",
        "best type of an\nunassigned group",
    ]
    table = adata.uns["annotation"]
    without = set(table.loc[(table["padj"] >= 0.05) & (table["rank"] > 1), "cell_type"])
    kept = set(table.loc[(table["padj"] < 0.05) | (table["rank"] == 1), "cell_type"])
    assert {tick.get_text() for tick in axes.get_xticklabels()} == kept, without


def test_embeddings_share_given_axes(adata: ad.AnnData) -> None:
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 3, figsize=(15, 4))
    place = axes[1].get_position()
    scgsfm.pl.annotate(adata, ax=axes[1], show=False)
    figure.canvas.draw()
    for ax in set(figure.axes) - set(axes):
        box = ax.get_tightbbox().transformed(figure.transFigure.inverted())
        assert place.x0 - 0.01 <= box.x0
        assert box.x1 <= place.x1 + 0.01


def test_show_and_key(adata: ad.AnnData) -> None:
    scgsfm.tl.annotate(adata, markers=SETS, key_added="mine")
    assert scgsfm.pl.annotate(adata, key="mine", show=True) is None


def test_matrix_without_the_column_of_groups(adata: ad.AnnData) -> None:
    del adata.obs["cluster"]  # the table has all that is drawn
    axes = scgsfm.pl.annotate(adata, kind="matrix", show=False)
    assert {c.get_offsets().shape for c in axes.collections} == {(1, 2)}


def test_errors(adata: ad.AnnData) -> None:
    with pytest.raises(KeyError, match=r"no labels in `obs\['mine'\]`"):
        scgsfm.pl.annotate(adata, key="mine")
    with pytest.raises(ValueError, match="`kind` is 'umap'"):
        scgsfm.pl.annotate(adata, kind="umap")
    with pytest.raises(ValueError, match="basis='tsne'.*'X_umap'"):
        scgsfm.pl.annotate(adata, basis="tsne")
    scgsfm.tl.annotate(adata, markers=SETS, key_added="cells")
    with pytest.raises(KeyError, match="those of single cells. Run `scgsfm.tl.annotate` with `groupby`"):
        scgsfm.pl.annotate(adata, key="cells", kind="matrix")
