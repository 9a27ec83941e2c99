"""Panels of leading edges: which genes support which terms, above their expression in groups of cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._figure import Place, add_notes, small_font
from ._style import OKABE_ITO, faded
from ._term_dots import BAR, text_width
from ._term_labels import term_labels
from ._toolkit import shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes

COLOR = OKABE_ITO[0]
"""Color of the genes of a term."""
CELL = (0.155, 0.2)
"""Width of a gene, and height of a group, in inches."""
MIN_WIDTH = 0.1
"""Least width of a gene in inches."""
MARGIN = 3.2
"""Typical width of labels and legends in inches."""
GAP = 0.12
"""Distance of the panels in inches."""


def draw_leading_edges(
    member: pd.DataFrame,
    expression: pd.DataFrame | None,
    *,
    title: str,
    mark: str,
    groupby: str,
    notes: Sequence[str],
    cmap: Any,
    figsize: tuple[float, float] | None,
    ax: Axes | None,
) -> list[Axes]:
    """Draw membership (terms × genes) and expression (groups × genes), in a new figure or inside given axes."""
    prefix, names = term_labels(list(member.index), 40, 2)
    row = 0.14 * max(name.count("\n") + 1 for name in names) + 0.08
    heights = np.array([row * len(member), 0.0 if expression is None else CELL[1] * len(expression)])
    groups = [] if expression is None else [shorten(str(name), 30) for name in expression.index]
    genes = [shorten(str(name), 20) for name in member.columns]
    width = max(CELL[0] * len(genes), 2.0) + text_width([*names, *groups]) + 1.9
    needed = heights.sum() + text_width(genes) + 0.75 + 0.2 * len(notes)
    place = Place.of(ax, figsize, (width, max(needed, 2.4)))
    above, below = _panels(place, heights)
    _cells(above, member.to_numpy(dtype=float), member_map(above), 0, 1)
    above.set_yticks(np.arange(len(names)) + 0.5, names, linespacing=0.95)
    label = prefix.rstrip("_")
    above.set_title(", ".join(filter(None, [title, label])), loc="left", fontsize="medium")
    _mark_legend(above, mark)
    axes = [above]
    if below is not None and expression is not None:
        mesh = _cells(below, scaled(expression.to_numpy()), cmap, 0, 1)
        below.set_yticks(np.arange(len(groups)) + 0.5, groups)
        below.set_ylabel(groupby)
        _expression_bar(below, mesh)
        above.tick_params(labelbottom=False)
        axes.append(below)
    axes[-1].set_xticks(np.arange(len(genes)) + 0.5, genes, rotation=90, fontstyle="italic")
    add_notes([axes[-1]], notes, own=ax is None)
    _fonts(axes, [len(names), len(groups)], len(genes), names)
    place.settle()
    _fonts(axes, [len(names), len(groups)], len(genes), names)
    place.settle()
    return axes


def genes_that_fit(figsize: tuple[float, float] | None, ax: Axes | None, n_genes: int) -> int:
    """Number of genes that fit a figure or axes of given size beside the labels, or ``n_genes`` in a new figure."""
    if figsize is None and ax is None:
        return n_genes
    width = figsize[0] if figsize else ax.get_window_extent().width / ax.figure.figure.dpi  # type: ignore[union-attr]
    return int(np.clip((width - MARGIN) / MIN_WIDTH, 8, n_genes))


def scaled(means: np.ndarray) -> np.ndarray:
    """Values of each gene (column) from 0, its lowest mean, to 1, its highest."""
    low, high = means.min(axis=0), means.max(axis=0)
    return np.asarray((means - low) / np.where(high > low, high - low, 1))


def member_map(ax: Axes) -> Any:
    """Colors of genes outside and inside a term."""
    from matplotlib.colors import ListedColormap

    return ListedColormap([faded(0.07, ax), COLOR])


def _panels(place: Place, heights: np.ndarray) -> tuple[Axes, Axes | None]:
    place.ax.axis("off")
    if not heights[1]:
        return place.ax.inset_axes((0, 0, 1, 1)), None
    share = heights / (heights.sum() + GAP)
    above = place.ax.inset_axes((0, 1 - share[0], 1, share[0]))
    return above, place.ax.inset_axes((0, 0, 1, share[1]), sharex=above)


def _cells(ax: Axes, values: np.ndarray, cmap: Any, low: float, high: float) -> Any:
    mesh = ax.pcolormesh(values, cmap=cmap, vmin=low, vmax=high, edgecolors=ax.get_facecolor(), linewidth=0.5)
    ax.invert_yaxis()
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return mesh


def _mark_legend(ax: Axes, mark: str) -> None:
    from matplotlib.patches import Patch

    ax.legend(
        handles=[Patch(color=COLOR, label=mark)],
        frameon=False,
        loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
        borderaxespad=0.2,
        fontsize="small",
        handlelength=1,
    )


def _expression_bar(ax: Axes, mesh: Any) -> None:
    from matplotlib.transforms import ScaledTranslation

    inches = ax.figure.dpi_scale_trans + ScaledTranslation(1, 0, ax.transAxes)
    inset = ax.inset_axes((0.12, 0.0, BAR[0], BAR[1]), transform=inches)
    bar = ax.figure.colorbar(mesh, cax=inset)
    bar.set_label("mean expression,\nscaled by gene", fontsize="small")
    bar.outline.set_visible(False)
    inset.tick_params(labelsize="small", length=2)


def _fonts(axes: Sequence[Axes], n_rows: Sequence[int], n_genes: int, names: Sequence[str]) -> None:
    """Fonts that fit rows and columns."""
    figure = axes[0].figure.figure
    figure.draw_without_rendering()
    lines = max(name.count("\n") + 1 for name in names)
    for axis, n, needed in zip(axes, n_rows, (lines, 1), strict=False):
        box = axis.get_window_extent()
        axis.tick_params(axis="y", labelsize=small_font(box.height / figure.dpi / n / (1.15 * needed)))
        axis.tick_params(axis="x", labelsize=small_font(box.width / figure.dpi / n_genes / 1.1))
