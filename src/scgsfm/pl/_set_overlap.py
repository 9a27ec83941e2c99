from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._messages import check_at_least, check_choice
from scgsfm.genesets import GeneSets

from ._figure import add_notes
from ._finish import figure_of, finish, fit_fonts, fit_inside, slot_of
from ._set_labels import set_labels
from ._square_matrix import fit_matrix, square_matrix
from ._style import faded, text_color
from ._term_labels import line_length
from ._toolkit import choose, most_telling, subplot_spec

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from scgsfm.genesets import GeneSetsLike

N_SETS = {"matrix": 24, "upset": 8}
"""Number of sets that are drawn if the user does not select any."""


@checks_types
@doc_params
def set_overlap(
    gene_sets: GeneSetsLike,
    sets: str | Sequence[str] | None = None,
    *,
    kind: Literal["matrix", "upset"] = "matrix",
    measure: Literal["jaccard", "overlap"] = "jaccard",
    n_intersections: int = 20,
    cmap: str = "viridis",
    ax: Axes | None = None,
    figsize: tuple[float, float] | None = None,
    show: bool | None = None,
    save: str | Path | bool | None = None,
    return_fig: bool = False,
    **kwargs: Any,
) -> Axes | list[Axes] | Figure | None:
    """Plot how many genes gene sets share.

    Sets with many common genes have similar scores and are enriched together.

    Parameters
    ----------
    gene_sets
        Gene sets, as for :func:`~scgsfm.tl.score`: a dict, a file, the name of a library, …
    sets
        Names of the sets to plot. By default, all are plotted, or those that share most: 24 in a matrix, and 8 in an upset
        plot.
    kind
        ``"matrix"``: sets × sets, similar ones next to each other. ``"upset"``: the number of genes of each combination of sets
        :cite:p:`Lex2014`; each gene counts once, for all the sets that it is in.
    measure
        What the matrix shows: ``"jaccard"``, the number of common genes divided by that of the union, or ``"overlap"``,
        divided by that of the smaller set.
    n_intersections
        Number of combinations in the upset plot, the largest first.
    cmap
        Color map of the matrix.
    ax
        {ax}
    figsize
        {figsize}
    show
        {show}
    save
        {save}
    return_fig
        {return_fig}
    **kwargs
        Passed to :meth:`matplotlib.axes.Axes.imshow` (matrix) or :meth:`matplotlib.axes.Axes.bar` (upset).

    Returns
    -------
    ``None`` if the plot is shown, else the axes (those of combinations, memberships and set sizes for the upset plot) or the
    figure.

    Raises
    ------
    KeyError
        If a set of ``sets`` does not exist.
    ValueError
        If ``kind`` or ``measure`` does not exist.

    Examples
    --------
    >>> import scgsfm
    >>> ax = scgsfm.pl.set_overlap("hallmark", show=False)
    """
    check_choice("kind", kind, tuple(N_SETS))
    check_choice("measure", measure, ("jaccard", "overlap"))
    check_at_least("n_intersections", n_intersections, 1)
    read = gene_sets if isinstance(gene_sets, GeneSets) else GeneSets(gene_sets)
    names = choose(read.names, sets, noun="set", argument="sets")
    genes = (read.subset(names).membership(read.genes.tolist()) != 0).astype(np.float64)
    shared = genes @ genes.T
    similar = _similar(shared.toarray(), measure)
    if sets is None:
        closest = pd.Series(_closest(similar), index=names)
        names = most_telling(closest, N_SETS[kind], noun="set", reason="share most genes")
        kept = closest.index.get_indexer(names)
        similar, genes = similar[np.ix_(kept, kept)], genes[kept]
    notes = (
        [f"{len(names)} of {len(read):,} sets, those that share most genes"]
        if sets is None and len(names) < len(read)
        else []
    )
    slot = None if ax is None else slot_of(ax)
    if kind == "matrix":
        order = _order(similar)
        names, similar = [names[i] for i in order], similar[np.ix_(order, order)]
        width, n_lines = (
            (50, 2) if figsize is None else (min(int(6 * min(figsize)), 50), 1 + (min(figsize) > 0.3 * len(names)))
        )
        written = set_labels(names, width, n_lines)[1]
        label = {"jaccard": "Jaccard index", "overlap": "overlap coefficient"}[measure]
        options = {"cmap": cmap, "vmin": 0} | kwargs
        if len(names) > 1:  # the diagonal is 1, and would hide the differences between the others
            options = {"vmax": max(float(_closest(similar).max()), 0.1)} | options
        axes = square_matrix(similar, written, written, label=label, ax=ax, figsize=figsize, options=options)
    else:
        axes = _upset(genes.toarray() > 0, names, n_intersections, ax, figsize, kwargs)
    add_notes(axes if kind == "matrix" else axes[1:], notes, own=ax is None)
    if kind == "matrix":
        fit_matrix(axes, slot, figsize)
    elif slot is not None:
        fit_inside(axes, slot)
    elif figsize is not None:
        fit_fonts(figure_of(axes))
    drawn = axes if kind == "upset" else axes[0]
    return finish(drawn, show, save=save, return_fig=return_fig, name="set_overlap")


def _similar(shared: np.ndarray, measure: str) -> np.ndarray:
    sizes = shared.diagonal()
    pairs = np.minimum.outer(sizes, sizes) if measure == "overlap" else np.add.outer(sizes, sizes) - shared
    similar: np.ndarray = shared / np.maximum(pairs, 1)
    return similar


def _closest(similar: np.ndarray) -> np.ndarray:
    """The highest similarity of each set to another one."""
    others = similar - 2 * np.eye(len(similar))
    closest: np.ndarray = others.max(axis=1)
    return closest


def _order(similar: np.ndarray) -> list[int]:
    """Order of rows by average linkage, similar ones next to each other."""
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    if len(similar) < 3:
        return list(range(len(similar)))
    distances = squareform(1 - similar, checks=False).clip(0)
    return list(map(int, leaves_list(linkage(distances, "average", optimal_ordering=len(similar) <= 200))))


def _upset(
    genes: np.ndarray,
    names: list[str],
    n_intersections: int,
    ax: Axes | None,
    figsize: tuple[float, float] | None,
    options: dict[str, Any],
) -> list[Axes]:
    """Axes of combinations, memberships and set sizes."""
    import matplotlib.pyplot as plt

    order = np.argsort(-genes.sum(axis=1), kind="stable")
    genes, names = genes[order], [names[i] for i in order]
    patterns, counts = np.unique(genes[:, genes.any(axis=0)], axis=1, return_counts=True)
    largest = np.argsort(-counts, kind="stable")[:n_intersections]
    patterns, counts = patterns[:, largest], counts[largest]
    n = max(len(counts), 1)
    written = set_labels(names, min(line_length(figsize, ax), 34), 2)[1]
    row = 0.34 if any("\n" in name for name in written) else 0.26
    ratios = {"height_ratios": [1.7, row * len(names)], "width_ratios": [max(0.28 * n, 1.5), 1.1]}
    if ax is None:
        width = 1.1 + max(0.28 * n, 1.5) + 0.075 * max(len(line) for name in written for line in name.split("\n")) + 0.6
        figure = plt.figure(figsize=figsize or (width, 2.1 + row * len(names)), layout="constrained")
        grid = figure.add_gridspec(2, 2, **ratios)
    else:
        ax.axis("off")
        figure = ax.figure  # type: ignore[assignment]
        grid = subplot_spec(ax).subgridspec(2, 2, hspace=0.08, wspace=0.1, **ratios)
    bars = figure.add_subplot(grid[0, 0])
    matrix = figure.add_subplot(grid[1, 0], sharex=bars)
    sizes = figure.add_subplot(grid[1, 1])
    style: dict[str, Any] = {"color": text_color(), "width": 0.6} | options
    drawn = bars.bar(range(len(counts)), counts, **style)
    bars.bar_label(drawn, fontsize=7 if n <= 24 else 5, padding=1)
    bars.set_ylabel("genes in just\nthese sets")
    bars.tick_params(axis="x", length=0, labelbottom=False)
    bars.spines[["top", "right"]].set_visible(False)
    for row in range(0, len(names), 2):
        matrix.axhspan(row - 0.5, row + 0.5, color=faded(0.06, matrix), linewidth=0, zorder=0)
    x, y = np.meshgrid(range(len(counts)), range(len(names)))
    matrix.scatter(
        x.ravel(), y.ravel(), s=28, c=[text_color() if on else faded(0.15, matrix) for on in patterns.ravel()], zorder=2
    )
    for column, pattern in enumerate(patterns.T):
        on = np.flatnonzero(pattern)
        matrix.plot([column, column], [on[0], on[-1]], color=text_color(), linewidth=1.2, zorder=1)
    matrix.set_ylim(len(names) - 0.5, -0.5)
    matrix.set_xlim(-0.6, n - 0.4)
    matrix.set_yticks(range(len(names)), written, fontsize="small", linespacing=0.95)
    matrix.tick_params(length=0, labelbottom=False)
    matrix.spines[:].set_visible(False)
    sizes.barh(range(len(names)), genes.sum(axis=1), color=faded(0.5, sizes), height=0.6)
    sizes.set_ylim(len(names) - 0.5, -0.5)
    sizes.set_yticks([])
    sizes.set_xlabel("genes of the set" if figsize is None else "genes of\nthe set", fontsize="small")
    sizes.locator_params(axis="x", nbins=3)
    sizes.tick_params(axis="x", labelsize="small")
    sizes.spines[["top", "right"]].set_visible(False)
    for each in (bars, matrix, sizes):
        each.grid(visible=False)
    return [bars, matrix, sizes]
