"""The checks of layouts, and the layout of plots of scores: few and many sets, long names, light and dark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from matplotlib import pyplot as plt

import scgsfm

if TYPE_CHECKING:
    from collections.abc import Callable

    from anndata import AnnData
    from matplotlib.figure import Figure

KINDS = ["embedding", "matrixplot", "dotplot", "violin", "heatmap", "tracksplot", "ridge"]
MAX_WIDTH = 12.0


@pytest.mark.parametrize("n_sets", [1, 12, 50, 500])
@pytest.mark.parametrize("kind", KINDS)
def test_score(kind: Any, n_sets: int, cells: Callable[[int], AnnData], check_layout: Callable[[Figure], None]) -> None:
    style = "dark_background" if n_sets == 12 else "default"
    with plt.style.context(style):
        groupby = None if kind == "embedding" else "cell_type"
        figure = scgsfm.pl.score(cells(n_sets), kind=kind, groupby=groupby, method="aucell", return_fig=True)
        check_layout(figure)
    assert figure.get_figwidth() <= MAX_WIDTH


@pytest.mark.parametrize("options", [{"kind": "matrixplot", "swap_axes": False}, {"kind": "ridge"}])
def test_scores_of_all_cells(
    options: Any, cells: Callable[[int], AnnData], check_layout: Callable[[Figure], None]
) -> None:
    adata = cells(12)
    del adata.obs["cell_type"], adata.obsm["X_umap"]
    check_layout(scgsfm.pl.score(adata, method="ucell", return_fig=True, **options))
    check_layout(scgsfm.pl.score(adata, method="ucell", return_fig=True))


@pytest.mark.parametrize("n_sets", [1, 12, 50])
@pytest.mark.parametrize("kind", ["matrix", "sets"])
def test_score_agreement(
    kind: Any, n_sets: int, cells: Callable[[int], AnnData], check_layout: Callable[[Figure], None]
) -> None:
    with plt.style.context("dark_background" if n_sets == 12 else "default"):
        check_layout(scgsfm.pl.score_agreement(cells(n_sets), kind=kind, return_fig=True))


@pytest.mark.parametrize("n_sets", [1, 12, 50, 500])
@pytest.mark.parametrize("kind", ["matrix", "upset"])
def test_set_overlap(
    kind: Any, n_sets: int, cells: Callable[[int], AnnData], check_layout: Callable[[Figure], None]
) -> None:
    names = list(cells(n_sets).obsm["score_aucell"])
    sets = {name: [f"G{(7 * i + 3 * j) % 97}" for j in range(5 + i % 9)] for i, name in enumerate(names)}
    with plt.style.context("dark_background" if n_sets == 12 else "default"):
        figure = scgsfm.pl.set_overlap(sets, kind=kind, return_fig=True)
        check_layout(figure)
    assert figure.get_figwidth() <= MAX_WIDTH


@pytest.mark.parametrize("kind", ["embedding", "matrixplot", "dotplot", "violin", "ridge"])
def test_given_axes_do_not_touch_their_neighbors(kind: Any, cells: Callable[[int], AnnData]) -> None:
    figure, axes = plt.subplots(1, 3, figsize=(15, 4))
    middle = axes[1].get_position()
    scgsfm.pl.score(cells(3), kind=kind, groupby="cell_type", method="aucell", ax=axes[1], show=False)
    figure.canvas.draw()
    for ax in figure.axes:
        if ax in axes[[0, 2]] or not ax.get_visible():
            continue
        box = ax.get_tightbbox().transformed(figure.transFigure.inverted())
        assert middle.x0 - 0.01 <= box.x0
        assert box.x1 <= middle.x1 + 0.01


def test_flaws_are_found(check_layout: Callable[[Figure], None]) -> None:
    figure, ax = plt.subplots()
    check_layout(figure)
    ax.text(0.5, 0.5, "one")
    ax.text(0.51, 0.5, "other")
    with pytest.raises(AssertionError, match="overlap: 'one' and 'other'"):
        check_layout(figure)
    figure, ax = plt.subplots()
    ax.set_ylabel("far\n\n\n\n\n\n\n")
    with pytest.raises(AssertionError, match="cut off: 'far"):
        check_layout(figure)
    figure, ax = plt.subplots()
    ax.set_title("pale", color="#eeeeee")
    with pytest.raises(AssertionError, match="hard to read: 'pale'"):
        check_layout(figure)
    figure, ax = plt.subplots()
    ax.imshow([[1, 2], [3, 4]])
    with pytest.raises(AssertionError, match="AxesImage"):
        check_layout(figure)
