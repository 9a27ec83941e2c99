"""The checks of layouts, and the layout of plots of scores: few and many sets, long names, light and dark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from tests.pl._layout_checks import check_layout as check_texts

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


COLUMN = (3.5, 3.5)
"""Width and height of a figure in a column of a paper, in inches."""


@pytest.mark.parametrize("kind", KINDS)
def test_scores_in_a_column(kind: Any, cells: Callable[[int], AnnData], check_layout: Callable[[Figure], None]) -> None:
    groupby, n_sets = None if kind == "embedding" else "cell_type", 2 if kind in ("embedding", "ridge") else 6
    names = list(cells(n_sets).obsm["score_aucell"])[:n_sets]
    figure = scgsfm.pl.score(
        cells(n_sets), names, kind=kind, groupby=groupby, method="aucell", figsize=COLUMN, return_fig=True
    )
    assert tuple(figure.get_size_inches()) == COLUMN
    check_layout(figure)


def test_terms_in_a_column() -> None:
    table = terms(3, 12)
    for kind, figsize in (("dot", COLUMN), ("bar", (3.5, 7)), ("volcano", (3.5, 7))):
        figure = scgsfm.pl.enrich(table, kind=kind, figsize=figsize, return_fig=True)  # type: ignore[arg-type]
        assert tuple(figure.get_size_inches()) == figsize
        check_texts(figure)


def test_legends_in_low_axes_do_not_touch() -> None:
    figure, axes = plt.subplots(2, 2, figsize=(11, 9))
    scgsfm.pl.enrich(terms(4, 12), ax=axes[0, 1], show=False)
    check_texts(figure)


def test_names_with_a_long_prefix() -> None:
    """Only short prefixes, such as the name of a collection, are left out and written once."""
    table = terms(
        2, 8, name="NEGATIVE_REGULATION_OF_THE_ADAPTIVE_IMMUNE_RESPONSE_BY_SOMATIC_RECOMBINATION_OF_RECEPTORS_"
    )
    for kind in ("dot", "bar", "volcano"):
        check_texts(scgsfm.pl.enrich(table, kind=kind, return_fig=True))  # type: ignore[arg-type]
    ax = scgsfm.pl.enrich(table, show=False)
    assert not ax.get_ylabel()
    assert all(label.get_text().startswith("NEGATIVE") for label in ax.get_yticklabels())


def terms(n_groups: int, n_terms: int, name: str = "T cell receptor signaling pathway ") -> pd.DataFrame:
    """A result of enrichment."""
    rng = np.random.default_rng(0)
    rows = [
        (f"CD{i}+ memory cell", f"{name}{j}", rng.gamma(2), p := 10 ** -rng.gamma(1, 3), p, 3, 30, "A;B")
        for i in range(n_groups)
        for j in range(n_terms)
    ]
    return pd.DataFrame(rows, columns=["group", "term", "score", "pvalue", "padj", "n_hits", "n_found", "genes"])


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
