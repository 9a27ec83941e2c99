from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex, to_rgb

import scgsfm
from scgsfm.pl._style import palette
from scgsfm.pl._term_network import term_network

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAX_WIDTH = 12.0
NAMES = ["REGULATION_OF_T_CELL", "RESPONSE_TO_INTERFERON", "POSITIVE_REGULATION_OF_MITOTIC_CELL_CYCLE_PHASE_TRANSITION"]


def blocks(n_terms: int, n_clusters: int) -> dict[str, list[str]]:
    """Terms of some clusters, which share most of their genes within a cluster and none between."""
    rng = np.random.default_rng(0)
    sets = {}
    for i in range(n_terms):
        cluster = i % n_clusters
        genes = rng.choice(20, 15, replace=False)
        sets[f"{NAMES[i % 3]}_{i}"] = [f"G{cluster}_{gene}" for gene in genes]
    return sets


def clustered(n_terms: int = 12, n_clusters: int = 3, groups: str = "xy") -> tuple[ad.AnnData, dict[str, list[str]]]:
    sets = blocks(n_terms, n_clusters)
    rng = np.random.default_rng(1)
    parts = []
    for shift, group in enumerate(groups):
        cluster = np.arange(n_terms) % n_clusters
        score = 3 * np.where((cluster + shift) % 2, 1, -1) + rng.normal(size=n_terms)
        padj = 10 ** -(np.abs(score) * (1 + (cluster == shift)))
        parts.append(pd.DataFrame({"group": group, "term": list(sets), "score": score, "padj": padj}))
    adata = ad.AnnData(np.zeros((1, 1)), uns={"enrich": pd.concat(parts, ignore_index=True)})
    scgsfm.tl.cluster_terms(adata, sets, by="jaccard")
    return adata, sets


def circles(ax: Axes) -> Any:
    """The outlines of the nodes, drawn last."""
    return ax.collections[-1]


def test_similar_terms_are_close() -> None:
    genes = pd.get_dummies(pd.Series(blocks(60, 4)).explode()).groupby(level=0, sort=False).max().to_numpy(dtype=float)
    shared = genes @ genes.T
    similarity = shared / (30 - shared)
    network = term_network(similarity, 0.2)
    cluster = np.arange(60) % 4
    distance = np.linalg.norm(network.xy[:, None] - network.xy, axis=2) + np.where(np.eye(60), np.inf, 0)
    assert (cluster[distance.argmin(axis=1)] == cluster).mean() > 0.95
    first, second = network.edges.T
    assert (cluster[first] == cluster[second]).all()
    np.testing.assert_allclose(network.weights, similarity[first, second])
    assert (network.weights >= 0.2).all()
    np.testing.assert_array_equal(term_network(similarity, 0.2).xy, network.xy)
    for n in (1, 2, 3, 4, 5):
        assert np.isfinite(term_network(similarity[:n, :n], 0.2).xy).all()
    same = term_network(np.ones((6, 6)), 0.5).xy
    assert len(np.unique(same.round(6), axis=0)) == 6, "equal terms do not hide each other"


def test_one_group_shows_scores_and_sizes() -> None:
    adata, _ = clustered()
    ax = scgsfm.pl.enrichment_map(adata, "x", max_padj=1, show=False)
    points = ax.collections[-1]
    table = adata.uns["cluster_terms"]
    own = table[table["group"] == "x"]
    assert sorted(points.get_array()) == pytest.approx(sorted(own["score"]))
    assert points.get_clim() == pytest.approx((-own["score"].abs().max(), own["score"].abs().max()))
    assert len(np.unique(points.get_sizes())) == 1, "all terms have 15 genes"
    assert ax.get_title() == "x"


def test_terms_that_are_not_significant_are_grey() -> None:
    adata, _ = clustered()
    table = adata.uns["cluster_terms"]
    own = table[table["group"] == "x"]
    limit = own["padj"].median()
    ax = scgsfm.pl.enrichment_map(adata, "x", max_padj=limit, show=False)
    assert len(ax.collections[-1].get_array()) == (own["padj"] <= limit).sum()
    everything = scgsfm.pl.enrichment_map(adata, ["x", "y"], kind="panels", max_padj=limit, show=False)
    assert [len(each.collections[-1].get_offsets()) for each in everything] == [
        ((table["group"] == group) & (table["padj"] <= limit)).sum() for group in "xy"
    ]


def test_terms_without_scores_are_blue() -> None:
    _, sets = clustered()
    table = scgsfm.tl.cluster_terms(pd.DataFrame({"term": list(sets)}), sets, by="jaccard")
    ax = scgsfm.pl.enrichment_map(table, library=sets, by="jaccard", show=False)
    nodes = [points for points in ax.collections[1:] if len(points.get_offsets())]
    drawn = {to_hex(color) for points in nodes for color in points.get_facecolor()}
    assert drawn == {palette(1)[0].lower()}
    assert len(ax.figure.axes) == 1, "no color bar"


def test_slices_of_pies() -> None:
    adata, _ = clustered(3, 3)
    table = adata.uns["cluster_terms"]
    table.loc[table["group"] == "y", "padj"] = [0.001, 0.9, 0.9]
    table["score"] = np.abs(table["score"])
    table.loc[0, "score"] *= -1
    ax = scgsfm.pl.enrichment_map(adata, show=False)
    drawn = [to_hex(color) for points in ax.collections[1:] for color in np.atleast_2d(points.get_facecolor())]
    blue, orange = (color.lower() for color in palette(2))
    pale = to_hex(0.35 * np.array(to_rgb(blue)) + 0.65)
    n_slices = int((table["padj"] <= 0.05).sum())
    assert drawn.count(orange) == 1
    assert drawn.count(blue) == n_slices - 2
    assert drawn.count(pale) == 1
    assert [text.get_text() for text in ax.get_legend().get_texts()][-3:] == ["x", "y", "pale: negative score"]


def test_labels() -> None:
    adata, _ = clustered(40, 4)
    clusters = scgsfm.pl.enrichment_map(adata, show=False)
    named = set(adata.uns["cluster_terms"]["cluster_name"])
    assert len(clusters.texts) == len(named)
    assert not scgsfm.pl.enrichment_map(adata, label=False, show=False).texts
    few = scgsfm.pl.enrichment_map(adata, n_terms=8, show=False)
    assert len(few.texts) >= 6
    assert len(scgsfm.pl.enrichment_map(adata, n_labels=2, show=False).texts) == 2


def test_table_with_library() -> None:
    adata, sets = clustered()
    table = adata.uns["cluster_terms"]
    with pytest.raises(ValueError, match="`library` is needed.*since a table has none"):
        scgsfm.pl.enrichment_map(table, show=False)
    one = scgsfm.pl.enrichment_map(table, library=sets, by="jaccard", show=False)
    other = scgsfm.pl.enrichment_map(adata, show=False)
    np.testing.assert_allclose(circles(one).get_offsets(), circles(other).get_offsets(), rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize(
    ("n_terms", "groups", "kind"), [(1, "x", "pie"), (30, "xyz", "panels"), (300, "xyzuvw", "pie")]
)
def test_layout(n_terms: int, groups: str, kind: Any, check_layout: Callable[[Figure], None]) -> None:
    adata, _ = clustered(n_terms, max(n_terms // 8, 1), groups)
    with plt.style.context("dark_background" if n_terms == 30 else "default"):
        figure = scgsfm.pl.enrichment_map(adata, kind=kind, max_padj=1, return_fig=True)
        check_layout(figure)
    assert figure.get_figwidth() <= MAX_WIDTH


def test_large_figures_show_as_many_groups_as_by_default() -> None:
    adata, _ = clustered(groups="stuvwxyz")
    for figsize, n in ((None, 8), ((12, 16), 8), ((4, 4), 4)):
        axes = scgsfm.pl.enrichment_map(adata, kind="panels", figsize=figsize, show=False)
        assert len(axes) == n


def test_given_axes_and_file(tmp_path: Path) -> None:
    adata, _ = clustered()
    figure, axes = plt.subplots(1, 3, figsize=(15, 4))
    middle = axes[1].get_position()
    scgsfm.pl.enrichment_map(adata, "x", ax=axes[1], show=False)
    figure.canvas.draw()
    box = axes[1].get_tightbbox().transformed(figure.transFigure.inverted())
    assert middle.x0 - 0.01 <= box.x0
    assert box.x1 <= middle.x1 + 0.01
    scgsfm.pl.enrichment_map(adata, save=tmp_path / "map.png", show=False)
    assert (tmp_path / "map.png").exists()


def test_errors() -> None:
    adata, sets = clustered()
    with pytest.raises(KeyError, match="run `scgsfm.tl.cluster_terms` first"):
        scgsfm.pl.enrichment_map(ad.AnnData(np.zeros((1, 1))))
    with pytest.raises(KeyError, match="no group 'z'"):
        scgsfm.pl.enrichment_map(adata, "z")
    with pytest.raises(ValueError, match="lacks the columns"):
        scgsfm.pl.enrichment_map(adata.uns["enrich"], library=sets)
    with pytest.raises(ValueError, match="`kind` is 'pies'.*Did you mean 'pie'"):
        scgsfm.pl.enrichment_map(adata, kind="pies")
    with pytest.raises(ValueError, match="`n_terms` is 0"):
        scgsfm.pl.enrichment_map(adata, n_terms=0)
    with pytest.raises(ValueError, match=r"`max_padj` is None, but must be a number\."):
        scgsfm.pl.enrichment_map(adata, max_padj=None)
