"""Panels of running scores: curves, ticks of genes, and the values by which genes are ranked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ._figure import Place, add_notes
from ._set_labels import CAPITAL, set_labels
from ._style import OKABE_ITO, background, faded, text_color
from ._term_dots import text_width
from ._term_labels import in_lines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from scgsfm.enrichment import RunningSum

MAX_CURVES = 8
"""Maximum number of curves."""
EDGE = OKABE_ITO[3]
"""Color of the peak and the leading edge of a single curve."""
UP, DOWN = OKABE_ITO[3], OKABE_ITO[0]
GAP = 0.02
"""Distance of the panels, as a share of the height."""
NARROW = 0.6
"""Share of the width that a plot needs below which the legend is above the curves instead of beside them."""


class Curve(NamedTuple):
    """A running sum, what it is of, and its color."""

    sum: RunningSum
    group: str
    name: str
    color: str


def draw_running_scores(
    curves: Sequence[Curve],
    values: Mapping[str, np.ndarray],
    *,
    several: bool,
    note: str,
    figsize: tuple[float, float] | None,
    ax: Axes | None,
) -> list[Axes]:
    """Draw three panels, in a new figure or inside given axes.

    Parameters
    ----------
    curves
        The curves.
    values
        Values of the genes of each ranking, descending.
    several
        Whether the data have several groups, so that the group is named.
    note
        What to say below the figure.
    figsize
        Size of a new figure.
    ax
        Axes to draw in.
    """
    one = len(curves) == 1
    entries = _entries(curves, 30, 3)
    width = 5.2 + (0 if one else text_width(entries) + 0.5)
    rows = 0.5 if one else 0.16 * len(curves)
    place = Place.of(ax, figsize, (width, 4.2 + max(0.0, rows - 0.5)))
    inches = place.ax.get_window_extent().width / place.ax.figure.figure.dpi
    is_narrow = inches < NARROW * width
    if is_narrow:  # the legend takes height from the curves
        rows = max(rows, 0.8)
        entries = _entries(curves, max(int(10 * inches), 20), 1 if len(curves) > 2 else 2)
    above, ticks, below = _panels(place, rows)
    _draw_curves(above, curves, entries, several=several, is_narrow=is_narrow)
    _draw_ticks(ticks, curves)
    _draw_values(below, curves, values)
    if is_narrow:
        for axis in (above, ticks, below):
            axis.yaxis.label.set_fontsize("small")
    n_genes = max(map(len, values.values()))
    for axis in (above, ticks, below):
        axis.spines[["top", "right"]].set_visible(False)
        axis.set_xlim(0, n_genes)
    for axis in (above, ticks):
        axis.tick_params(bottom=False, labelbottom=False)
    ticks.spines[["bottom", "left"]].set_visible(False)
    notes = [] if one else ["The ticks of the leading edge have the stronger color."]
    add_notes([below], [*notes, note] if note else notes, own=ax is None)
    place.settle([place.ax] if ax is not None else None)
    return [above, ticks, below]


def _panels(place: Place, rows: float) -> list[Axes]:
    """Three axes inside those of the place, which become invisible. Their heights follow from the rows of ticks."""
    place.ax.axis("off")
    heights = np.array([2.2, rows, 0.9])
    heights = heights / heights.sum() * (1 - 2 * GAP)
    bottoms = 1 - np.cumsum(heights) - GAP * np.arange(3)
    above = place.ax.inset_axes((0, bottoms[0], 1, heights[0]))
    others = [place.ax.inset_axes((0, bottoms[i], 1, heights[i]), sharex=above) for i in (1, 2)]
    return [above, *others]


def _entries(curves: Sequence[Curve], width: int, n_lines: int) -> list[str]:
    """The text of each curve: what differs from the other curves, in lines, and its tests."""
    names, groups = list(dict.fromkeys(each.name for each in curves)), {each.group for each in curves}
    written = dict(zip(names, set_labels(names, width, n_lines)[1], strict=True))
    texts = []
    for curve in curves:
        parts = [written[curve.name]] if len(names) > 1 else []
        parts += [curve.group] if len(groups) > 1 else []
        texts.append("\n".join([", ".join(parts), _tests(curve.sum)]) if parts else _tests(curve.sum))
    return texts


def _tests(found: RunningSum) -> str:
    texts = [f"NES {found.nes:.2f}", f"p {_p(found.pvalue)}", f"FDR {_p(found.padj)}"]
    numbers = (found.nes, found.pvalue, found.padj)
    return ", ".join(text for text, number in zip(texts, numbers, strict=True) if np.isfinite(number))


def _p(value: float) -> str:
    return f"{value:.3f}" if value >= 0.001 else f"{value:.0e}"


def _title(curves: Sequence[Curve], width: int, *, several: bool) -> str:
    """What all curves share: the term, the group."""
    names, groups = list(dict.fromkeys(c.name for c in curves)), list(dict.fromkeys(c.group for c in curves))
    shared = [in_lines(names[0], width, 3)] if len(names) == 1 else []
    if len(groups) == 1 and several:
        shared.append(groups[0])
    return ", ".join(shared)


def _draw_curves(ax: Axes, curves: Sequence[Curve], entries: Sequence[str], *, several: bool, is_narrow: bool) -> None:
    from matplotlib.lines import Line2D

    for curve, entry in zip(curves, entries, strict=True):
        y = curve.sum.curve
        color = OKABE_ITO[0] if len(curves) == 1 else curve.color
        ax.plot(np.arange(len(y)), y, color=color, lw=1.8, label=entry)
    ax.axhline(0, color=text_color(), lw=0.6)
    ax.set_ylabel("running sum")
    width = ax.get_window_extent().width / ax.figure.figure.dpi
    title = _title(curves, int(np.clip(width / CAPITAL, 20, 50)), several=several)
    size = "x-small" if is_narrow else "small"
    if len(curves) > 1:
        beside: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1.01, 1.0)}
        if is_narrow:
            beside = {"loc": "lower left", "bbox_to_anchor": (0, 1.02), "title": title or None, "alignment": "left"}
        else:
            ax.set_title(title, loc="left", fontsize="medium")
        ax.legend(frameon=False, borderaxespad=0, fontsize=size, labelspacing=0.8, **beside)
        return
    ax.set_title("\n".join(filter(None, [title, entries[0]])), loc="left", fontsize="medium")
    (curve,) = curves
    peak, score = curve.sum.peak, curve.sum.score
    ax.plot([peak, peak], [0, score], color=EDGE, lw=1, ls="--")
    n_leading, n_other = int(curve.sum.leading.sum()), int((~curve.sum.leading).sum())
    tick: dict[str, Any] = {"linestyle": "", "marker": "|", "markersize": 8}
    handles = [
        Line2D([], [], color=EDGE, lw=1, ls="--", label=f"ES {score:.2f}"),
        Line2D([], [], color=EDGE, label=f"leading edge ({n_leading} genes)", **tick),
        Line2D([], [], color=faded(0.4, ax), label=f"other genes ({n_other})", **tick),
    ]
    free: Any = "upper right" if score > 0 else "lower left"
    ax.legend(handles=handles, frameon=False, loc=free, fontsize=size, handlelength=1.5)


def _draw_ticks(ax: Axes, curves: Sequence[Curve]) -> None:
    """A row of ticks for each curve."""
    one = len(curves) == 1
    for row, curve in enumerate(curves):
        for kept, color in (
            (~curve.sum.leading, faded(0.4, ax) if one else _pale(curve.color, ax)),
            (curve.sum.leading, EDGE if one else curve.color),
        ):
            genes = curve.sum.positions[kept]
            ax.vlines(genes + 0.5, row + 0.08, row + 0.92, color=color, lw=0.8)
    ax.set(ylim=(len(curves), 0), yticks=[])
    ax.set_ylabel("genes", rotation=0, ha="right", va="center")


def _pale(color: str, ax: Axes) -> str:
    """The color of genes outside the leading edge."""
    from matplotlib.colors import to_hex, to_rgb

    mixed = 0.35 * np.array(to_rgb(color)) + 0.65 * np.array(to_rgb(background(ax)))
    return to_hex(tuple(mixed))


def _draw_values(ax: Axes, curves: Sequence[Curve], values: Mapping[str, np.ndarray]) -> None:
    colors = {curve.group: curve.color for curve in curves}
    low = high = 0.0
    for group, each in values.items():
        x = np.arange(len(each))
        if len(values) > 1:
            ax.plot(x, each, color=colors[group], lw=1)
        else:
            for kept, color in ((each > 0, UP), (each < 0, DOWN)):
                ax.fill_between(x, np.where(kept, each, 0), color=color, alpha=0.6, lw=0, step="post")
        bounds = np.quantile(each, [0.001, 0.999])  # outliers would flatten the curve
        low, high = min(low, bounds[0]), max(high, bounds[1])
    ax.axhline(0, color=text_color(), lw=0.6)
    ax.set_ylim(low, high)
    if len(values) == 1 and (group := next(iter(values))) != "query":
        for at, text, side in ((0.02, f"high in {group}", "left"), (0.98, f"low in {group}", "right")):
            ax.text(at, 0.94, text, transform=ax.transAxes, ha=side, va="top", fontsize="small", color=faded(0.75, ax))
    n_genes = {len(each) for each in values.values()}
    ax.set_xlabel(f"rank of {max(n_genes):,} genes")
    ax.set_ylabel("ranking\nvalue")
