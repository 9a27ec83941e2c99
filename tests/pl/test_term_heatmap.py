from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from matplotlib import pyplot as plt
from tests.pl.test_enrichment_map import MAX_WIDTH, clustered

import scgsfm
from scgsfm.pl._cluster_brackets import spread_out

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from matplotlib.figure import Figure


def test_rows_are_ordered_by_cluster_and_centrality() -> None:
    adata, _ = clustered()
    ax = scgsfm.pl.term_heatmap(adata, show=False)
    table = adata.uns["cluster_terms"]
    ordered = table.drop_duplicates("term").sort_values(["cluster", "centrality"], ascending=[True, False])
    expected = table.pivot_table(index="term", columns="group", values="score").loc[ordered["term"], ["x", "y"]]
    np.testing.assert_allclose(ax.images[0].get_array(), expected)
    assert [text.get_text() for text in ax.get_xticklabels()] == ["x", "y"]
    assert len(ax.texts) == table["cluster"].nunique(), "each cluster has a bracket with its name"
    significant = (table["padj"] <= 0.05).sum()
    assert len(ax.collections[0].get_offsets()) == significant


def test_similarity() -> None:
    adata, sets = clustered()
    ax = scgsfm.pl.term_heatmap(adata, kind="similarity", show=False)
    shown = np.asarray(ax.images[0].get_array())
    table = adata.uns["cluster_terms"].drop_duplicates("term").sort_values("cluster", kind="stable")
    np.testing.assert_allclose(np.sort(shown.ravel()), np.sort(adata.uns["cluster_terms_similarity"].ravel()))
    sizes = table["cluster"].value_counts().sort_index().to_numpy()
    stops = np.cumsum(sizes)
    for start, stop in zip(stops - sizes, stops, strict=True):
        assert (shown[start:stop, start:stop] > 0.3).all()
        assert (shown[start:stop, stop:] == 0).all()
    frames = [(patch.get_x(), patch.get_width()) for patch in ax.patches]
    assert frames == [(start - 0.5, size) for start, size in zip(stops - sizes, sizes, strict=True)]
    same = scgsfm.pl.term_heatmap(adata.uns["cluster_terms"], kind="similarity", library=sets, by="jaccard", show=False)
    np.testing.assert_allclose(same.images[0].get_array(), shown, atol=1e-6)


def test_names_are_spread_out() -> None:
    centers, heights = np.array([1.0, 1.2, 1.4, 9.9]), np.ones(4)
    found = spread_out(centers, heights, 0, 10)
    assert (np.diff(found) >= 1 - 1e-9).all()
    assert found[0] >= 0.5
    assert found[-1] == 9.5
    assert spread_out(np.array([3.0]), np.ones(1), 0, 10).tolist() == [3.0]


@pytest.mark.parametrize("kind", ["groups", "similarity"])
@pytest.mark.parametrize("n_terms", [1, 20, 300])
def test_layout(kind: Any, n_terms: int, check_layout: Callable[[Figure], None]) -> None:
    adata, _ = clustered(n_terms, max(n_terms // 6, 1))
    with plt.style.context("dark_background" if n_terms == 20 else "default"):
        figure = scgsfm.pl.term_heatmap(adata, kind=kind, n_terms=300, return_fig=True)
        check_layout(figure)
    assert figure.get_figwidth() <= MAX_WIDTH + 1


def test_given_axes_and_file(tmp_path: Path) -> None:
    adata, _ = clustered()
    figure, axes = plt.subplots(1, 3, figsize=(18, 5))
    middle = axes[1].get_position()
    scgsfm.pl.term_heatmap(adata, ax=axes[1], show=False)
    figure.canvas.draw()
    box = axes[1].get_tightbbox().transformed(figure.transFigure.inverted())
    assert middle.x0 - 0.02 <= box.x0
    assert box.x1 <= middle.x1 + 0.02
    scgsfm.pl.term_heatmap(adata, save=tmp_path / "map.png", show=False)
    assert (tmp_path / "map.png").exists()


def test_errors() -> None:
    adata, _ = clustered()
    with pytest.raises(ValueError, match="`kind` is 'group'.*Did you mean 'groups'"):
        scgsfm.pl.term_heatmap(adata, kind="group")
    with pytest.raises(ValueError, match="`library` is needed"):
        scgsfm.pl.term_heatmap(adata.uns["cluster_terms"])
    with pytest.raises(KeyError, match="no group 'z'"):
        scgsfm.pl.term_heatmap(adata, "z")


def test_colors_and_dots_are_explained() -> None:
    adata, _ = clustered()
    adata.uns["scgsfm"]["enrich"] = {"mode": "overlap"}
    adata.uns["scgsfm"]["cluster_terms"]["params"]["key"] = "enrich"
    ax = scgsfm.pl.term_heatmap(adata, show=False)
    (bar,) = (other for other in ax.figure.axes if other is not ax)
    assert bar.get_xlabel() == "log2 odds ratio\ndot: padj ≤ 0.05"
    axes = scgsfm.pl.enrichment_map(adata, kind="panels", show=False)
    assert "log2 odds ratio" in [other.get_ylabel() for other in axes[0].figure.axes]
