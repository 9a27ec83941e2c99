"""Draw a dot plot of terms and groups, with legends that explain color, size and ring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from ._figure import Place, add_notes, notes_height
from ._select_terms import MAX_ROWS, Selection, log_of
from ._style import background, faded, text_color
from ._term_labels import in_lines, line_length, term_labels
from ._toolkit import labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

AREAS = (5.0, 150.0)
"""Area of the smallest and the largest dot, in square points."""
EQUAL_AREA = 70.0
"""Area of dots of equal size."""
COLUMN, MIN_COLUMN, LINE, GAP = 0.34, 0.22, 0.14, 0.11
"""Width of a column, its least width if there are many, height of a line of text, and distance of two terms, in inches."""
TIGHT_GAP = 0.03
"""Least distance of two terms in inches."""
LINE_SPACING = 1.05
ROW = 0.24
"""Height that a term needs where the size of the figure is given, in inches."""
LEGEND_WIDTH = 1.5
"""Width of the legends, in inches."""
BAR = (0.11, 1.1)
"""Width and height of the color bar, in inches."""
SIZE_LEGEND = 1.75
"""Height of the legend of sizes, in inches."""
TYPICAL = 4.0
"""Values above this multiple of the median have the same size, so that one of them does not make all others small."""


class Sizes(NamedTuple):
    """Values that are drawn as areas: the areas, and values and texts for the legend."""

    areas: np.ndarray
    steps: np.ndarray
    step_areas: np.ndarray
    texts: list[str]
    title: str


def sizes_of(values: np.ndarray, title: str, *, cap: bool) -> Sizes:
    """Areas that increase with the values; with ``cap``, values far above the median have the same area."""
    from matplotlib.ticker import MaxNLocator

    values = np.nan_to_num(np.asarray(values, dtype=float))
    highest = float(values.max(initial=0)) or 1.0
    large = values[values > 1]
    limit = TYPICAL * float(np.median(large)) if cap and len(large) else highest
    locator = MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10], min_n_ticks=2)
    capped = limit < 0.8 * highest
    steps = np.asarray(locator.tick_values(0, limit if capped else highest))
    steps = steps[(steps > 0) & (steps <= highest * 1.0001)]
    steps = steps if len(steps) else np.array([highest])
    top = float(steps[-1]) if capped else highest

    def area(x: np.ndarray) -> np.ndarray:
        return np.asarray(AREAS[0] + (AREAS[1] - AREAS[0]) * np.clip(x / top, 0, 1))

    texts = [f"{step:g}" for step in steps]
    if capped:
        texts[-1] = f"≥ {texts[-1]}"
    return Sizes(area(values), steps, area(steps), texts, title)


def color_scale(dots: pd.DataFrame, cmap: Any, max_padj: float, ax: Axes | None) -> dict[str, Any]:
    """A sequential color map that begins far from the background, or a diverging one if a significant score is negative."""
    limit = float(dots["score"].abs().max()) if len(dots) else 1.0
    limit = limit if np.isfinite(limit) and limit > 0 else 1.0
    if ((dots["score"] < 0) & (dots["padj"] <= max_padj)).any():
        return {"cmap": cmap or "RdBu_r", "vmin": -limit, "vmax": limit}
    return {"cmap": cmap or sequential_map(ax), "vmin": 0, "vmax": limit}


def sequential_map(ax: Axes | None = None) -> Any:
    """Reds or, on a dark background, their reverse, without the colors that are close to the background."""
    from matplotlib import colormaps
    from matplotlib.colors import LinearSegmentedColormap, to_rgb

    dark = sum(to_rgb(background(ax))) < 1.5
    shades = (
        colormaps["inferno"](np.linspace(0.35, 0.97, 256)) if dark else colormaps["Reds"](np.linspace(0.22, 1, 256))
    )
    return LinearSegmentedColormap.from_list("terms", shades)


def heights_of(names: Sequence[str]) -> np.ndarray:
    """Height of each row in inches, by the number of lines of its name."""
    return np.array([LINE * (name.count("\n") + 1) + GAP for name in names])


def row_positions(names: Sequence[str]) -> tuple[np.ndarray, float]:
    """Positions of the centers of rows, from top to bottom, and the height of all, in inches."""
    heights = heights_of(names)
    return np.cumsum(heights) - heights / 2, float(heights.sum())


def text_width(names: Sequence[str]) -> float:
    """Width of the longest line of small text in inches, roughly."""
    return 0.068 * max((len(line) for name in names for line in name.split("\n")), default=0)


def rows_that_fit(figsize: tuple[float, float] | None, ax: Axes | None) -> int:
    """Number of terms that fit a figure or axes of given size, or a new figure."""
    if figsize is None and ax is None:
        return MAX_ROWS
    height = figsize[1] if figsize else ax.get_window_extent().height / ax.figure.figure.dpi  # type: ignore[union-attr]
    return max(min(int(height / ROW), MAX_ROWS), 3)


def draw_dots(
    table: pd.DataFrame,
    chosen: Selection,
    column: str,
    terms: Sequence[str],
    *,
    score: str,
    size: str,
    max_padj: float,
    cmap: Any,
    notes: Sequence[str],
    figsize: tuple[float, float] | None,
    ax: Axes | None,
    style: dict[str, Any],
) -> Axes:
    """Draw a dot plot of the groups and terms that were chosen, in a new figure or on given axes.

    Parameters
    ----------
    table
        The columns ``group``, ``score``, ``padj`` and that of the terms and, for ``size="share"``, numbers of genes.
    chosen
        Groups and terms.
    column
        Column of the terms.
    terms
        Names of the terms.
    score
        What the score is.
    size
        ``"padj"``, ``"share"`` or ``"equal"``.
    max_padj
        Adjusted p-value up to which a term is significant.
    cmap
        Color map.
    notes
        Notes to write below.
    figsize
        Size of a new figure.
    ax
        Axes to draw on.
    style
        Options of the scatter plot.
    """
    dots = dots_of(table, chosen, column)
    prefix, names = term_labels(terms, line_length(figsize, ax))
    if figsize and row_positions(names)[1] > figsize[1]:
        names = term_labels(terms, line_length(figsize, ax), 2, prefix)[1]
    place = _place(names, chosen.groups, ax, figsize, notes)
    if size == "padj":
        sizes = sizes_of(log_of(dots["padj"]).to_numpy(), "-log10 padj", cap=True)
    elif size == "equal":
        sizes = Sizes(np.full(len(dots), EQUAL_AREA), np.empty(0), np.empty(0), [], "")
    else:
        share = (dots["n_hits"] / dots["n_found"]).to_numpy()
        sizes = sizes_of(np.minimum(share, 1), "share of genes", cap=False)
    options = color_scale(dots, cmap, max_padj, place.ax) | style
    _draw(place, dots, chosen.groups, names, sizes, max_padj, options)
    _legends(place, sizes, dots["padj"].le(max_padj).any(), max_padj, score)
    if prefix:
        place.ax.set_ylabel(prefix.rstrip("_"), fontsize=legend_font(place) if place.is_narrow else None)
    add_notes([place.ax], notes, own=ax is None)
    place.settle()
    if place.drawn_height() < BAR[1] + SIZE_LEGEND:
        _part_legends(place, score)
    fit_row_labels(place, names)
    _fit_dots(place, len(chosen.groups), len(names))
    return place.ax


def _fit_dots(place: Place, n_columns: int, n_rows: int) -> None:
    """Make the dots smaller where neighbors would hide each other, and those of the legend with them."""
    if not (place.is_sized or place.slot is not None):
        return
    ax = place.ax
    space = 72 * min(place.drawn_width() / max(n_columns, 1), place.drawn_height() / max(n_rows, 1))
    points: Any = ax.collections[0]
    factor = min(space / max(float(points.get_sizes().max(initial=0)) ** 0.5, 1e-3), 1.0)
    points.set_sizes(points.get_sizes() * factor**2)
    for handle in [] if (legend := ax.get_legend()) is None else legend.legend_handles:
        handle.set_markersize(handle.get_markersize() * factor)  # type: ignore[union-attr]


def dots_of(table: pd.DataFrame, chosen: Selection, column: str) -> pd.DataFrame:
    """Rows of a table for the groups and terms of a dot plot, with their column and row as ``x`` and ``y``."""
    dots = table[table["group"].isin(chosen.groups) & table[column].isin(chosen.terms)]
    return dots.assign(
        x=pd.Index(chosen.groups).get_indexer(dots["group"]), y=pd.Index(chosen.terms).get_indexer(dots[column])
    )


def _place(names: Sequence[str], groups: Sequence[str], ax: Axes | None, figsize: Any, notes: Sequence[str]) -> Place:
    """The axes that were given, or those of a new figure that fits the names."""
    rows = max(row_positions(names)[1] + 0.2, BAR[1] + SIZE_LEGEND + 0.1)
    below = text_width(labels(groups)[1]) if len(groups) else 0.0
    column = float(np.clip(9 / max(len(groups), 1), MIN_COLUMN, COLUMN))
    width = max(text_width(names) + column * len(groups) + LEGEND_WIDTH + 0.6, 4.5)
    return Place.of(ax, figsize, (width, rows + min(below, 2.7) + 0.25 + notes_height(notes, width)))


def _draw(
    place: Place,
    dots: pd.DataFrame,
    groups: Sequence[str],
    names: Sequence[str],
    sizes: Sizes,
    max_padj: float,
    options: dict[str, Any],
) -> None:
    """Draw the dots, with a ring around significant ones, and the labels of groups and terms."""
    ax = place.ax
    positions, height = row_positions(names)
    significant = (dots["padj"] <= max_padj).to_numpy()
    rings: dict[str, Any] = {
        "edgecolors": [text_color() if ring else faded(0.45, ax) for ring in significant],
        "linewidths": np.where(significant, 1.1, 0.3),
        "zorder": 3,
    }
    ax.scatter(dots["x"], positions[dots["y"].to_numpy()], s=sizes.areas, c=dots["score"], **rings | options)
    ax.set_xticks(range(len(groups)), labels(groups)[1], rotation=90, fontsize="small")
    ax.set_yticks(positions, names, linespacing=LINE_SPACING, fontsize="small")
    ax.set_xlim(-0.6, len(groups) - 0.4)
    ax.set_ylim(height + 0.05, -0.05)
    ax.tick_params(length=0)
    ax.grid(color=faded(0.12, ax), zorder=0)
    ax.set_axisbelow(True)
    ax.spines[:].set_visible(False)


def _legends(place: Place, sizes: Sizes, any_significant: bool, max_padj: float, color_label: str) -> None:
    """What size, ring and color mean."""
    from matplotlib.lines import Line2D

    ax, font = place.ax, legend_font(place)
    grey = faded(0.5, ax)
    plain: dict[str, Any] = {"linestyle": "", "marker": "o", "markeredgewidth": 0}
    handles = [
        Line2D([], [], markersize=area**0.5, markerfacecolor=grey, label=text, **plain)
        for area, text in zip(sizes.step_areas, sizes.texts, strict=True)
    ]
    if any_significant:
        ring = plain | {"markeredgewidth": 1.1, "markerfacecolor": "none", "markeredgecolor": text_color()}
        handles.append(Line2D([], [], markersize=9, label=f"padj ≤ {max_padj:g}", **ring))
    ax.legend(
        handles=handles,
        title=sizes.title,
        frameon=False,
        loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
        borderaxespad=0.2,
        labelspacing=0.6,
        fontsize=font,
        title_fontsize=font,
        **({"handletextpad": 0.3, "borderpad": 0.0} if place.is_narrow else {}),
        alignment="left",
    )
    color_bar(place, ax.collections[-1], color_label)


def _part_legends(place: Place, color_label: str) -> None:
    """Move the color bar to the right of the legend if one of them would cover the other."""
    ax = place.ax
    legend, bar = ax.get_legend(), ax.child_axes[-1]
    place.ax.figure.figure.draw_without_rendering()
    other = bar.get_tightbbox()
    if legend is None or other is None or legend.get_window_extent().y0 > other.y1:
        return
    width = legend.get_window_extent().x1 - ax.get_window_extent().x1
    bar.remove()
    color_bar(place, ax.collections[-1], color_label, x=width / ax.figure.figure.dpi + 0.1)
    place.settle()


def color_bar(place: Place, points: Any, label: str, x: float = 0.16) -> None:
    """A color bar of fixed size at the lower right of the axes, ``x`` inches from them."""
    from matplotlib.transforms import ScaledTranslation

    ax = place.ax
    box: Any = ax.transAxes
    inches = ax.figure.dpi_scale_trans + ScaledTranslation(1, 0, box)
    height = min(BAR[1], 0.8 * place.height)
    inset = ax.inset_axes((x, 0.02, BAR[0], height), transform=inches)
    inset.set_label("color bar")
    bar = ax.figure.colorbar(points, cax=inset)
    bar.set_label(in_lines(label, 22, 3), fontsize=legend_font(place))
    bar.outline.set_visible(False)
    inset.tick_params(labelsize=legend_font(place), length=2)


def legend_font(place: Place) -> str:
    """Size of the text of legends, which take the width of narrow figures."""
    return "x-small" if place.is_narrow else "small"


def fit_row_labels(place: Place, names: Sequence[str]) -> None:
    """Reduce the font of the labels of rows if the rows are lower than their text."""
    import matplotlib as mpl
    from matplotlib.font_manager import FontProperties

    ax = place.ax
    height, n_lines = place.drawn_height(), sum(name.count("\n") + 1 for name in names)
    share = height / max(row_positions(names)[1], 0.01)
    size = FontProperties(size="small").get_size_in_points()
    # less distance before less font
    tight = 72 * (height - TIGHT_GAP * len(names)) / max(n_lines, 1) / 1.25
    share = max(share, tight / size)
    if share < 0.97:
        drawn = min((float(label.get_fontsize()) for label in ax.get_yticklabels()), default=size)
        ax.tick_params(axis="y", labelsize=min(max(size * share, min(4.0, mpl.rcParams["font.size"])), drawn))
