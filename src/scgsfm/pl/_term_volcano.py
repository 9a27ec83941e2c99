"""Draw all terms of groups as volcanoes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scgsfm._logging import logger

from ._figure import Place, add_notes, label_in_lines
from ._placement import place_labels
from ._select_terms import log_of, select_terms
from ._style import OKABE_ITO, faded, text_color
from ._term_labels import term_labels
from ._term_panels import group_panels, telling_groups

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes

UP, DOWN = OKABE_ITO[3], OKABE_ITO[0]
LABEL_WIDTH = 26
"""Maximum number of characters in a line of a label."""
LEAST = (1.7, 2.2)
"""Width and height that a panel needs in a figure of given size, in inches."""
LEGEND_COLUMN = 1.6
"""Width of an entry of the legend in inches."""


def draw_volcanoes(
    table: pd.DataFrame,
    groups: Sequence[str],
    terms: Sequence[str] | None,
    options: dict[str, Any],
    *,
    score: str,
    cmap: Any,
    figsize: tuple[float, float] | None,
    ax: Axes | None,
    style: dict[str, Any],
    max_panels: int,
    noun: str = "score",
) -> Axes | list[Axes]:
    """Draw a volcano for each group, or for the most telling ones. The legend calls values by ``noun``."""
    del cmap  # colors are the directions
    groups, notes = telling_groups(table, groups, given=ax is not None, max_panels=max_panels)
    places = group_panels(len(groups), (4.6, 4.0), (0.1, 0.35 + 0.2 * len(notes)), figsize, ax)
    max_padj = options["max_padj"]
    parts = [table[table["group"] == group] for group in groups]
    prefix, _ = term_labels(table["term"].unique().tolist())
    for place, group, rows in zip(places, groups, parts, strict=True):
        _draw(place.ax, rows, max_padj, style)
        title = group if not prefix else f"{group}, {prefix.rstrip('_')}"
        place.ax.set_title(label_in_lines(title, place), loc="left", fontsize="medium")
        place.ax.set(xlabel=label_in_lines(score, place), ylabel="-log10 padj")
    _legend(places, parts, max_padj, noun, own=ax is None)
    labeled = []
    for group, rows in zip(groups, parts, strict=True):
        chosen = select_terms(rows, "term", [group], both_signs=True, **options)
        labeled.append(list(terms or chosen.terms))
        if not (rows["padj"] <= max_padj).any():
            notes.append(f"{group}: no term with padj ≤ {max_padj:g}")
    add_notes([place.ax for place in places], notes, own=ax is None)
    places[0].settle()  # all share a figure
    for place, rows, names in zip(places, parts, labeled, strict=True):
        _label(place.ax, rows, names, prefix)
    return places[0].ax if len(places) == 1 else [place.ax for place in places]


def _draw(ax: Axes, rows: pd.DataFrame, max_padj: float, style: dict[str, Any]) -> None:
    logs, significant = log_of(rows["padj"]), rows["padj"] <= max_padj
    plain: dict[str, Any] = {"s": 16, "linewidths": 0, "zorder": 2}
    for kept, color in (
        (~significant, faded(0.3, ax)),
        (significant & (rows["score"] > 0), UP),
        (significant & (rows["score"] <= 0), DOWN),
    ):
        ax.scatter(rows.loc[kept, "score"], logs[kept], **plain | {"color": color} | style)
    ax.axhline(-np.log10(max_padj), color=text_color(), lw=0.6, ls="--", zorder=1)
    ax.axvline(0, color=faded(0.3, ax), lw=0.6, zorder=1)
    ax.margins(x=0.12, y=0.12)
    ax.set_ylim(bottom=-0.02 * ax.get_ylim()[1])
    ax.spines[["top", "right"]].set_visible(False)


def _legend(places: Sequence[Place], parts: Sequence[pd.DataFrame], max_padj: float, noun: str, *, own: bool) -> None:
    """What the colors and the line mean, as far as they are drawn."""
    from matplotlib.lines import Line2D

    ax = places[0].ax
    significant = [part.loc[part["padj"] <= max_padj, "score"] for part in parts]
    marks = [
        (f"positive {noun}", UP, any((scores > 0).any() for scores in significant)),
        (f"negative {noun}", DOWN, any((scores <= 0).any() for scores in significant)),
        (f"padj > {max_padj:g}", faded(0.3, ax), any((part["padj"] > max_padj).any() for part in parts)),
    ]
    dots: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 5}
    handles = [Line2D([], [], color=color, label=label, **dots) for label, color, drawn in marks if drawn]
    handles.append(Line2D([], [], color=text_color(), lw=0.6, ls="--", label=f"padj = {max_padj:g}"))
    options: dict[str, Any] = {"handles": handles, "frameon": False, "fontsize": "small"}
    if own:
        n_columns = max(int(ax.figure.get_figwidth() / LEGEND_COLUMN), 1)  # type: ignore[union-attr]
        ax.figure.legend(loc="outside upper right", ncols=min(n_columns, len(handles)), **options)
    else:
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.2, **options)


def _label(ax: Axes, rows: pd.DataFrame, terms: Sequence[str], prefix: str) -> None:
    names = rows["term"].tolist()
    wanted = np.array([names.index(term) for term in terms if term in names], dtype=int)
    if not len(wanted):
        return
    xy = np.column_stack([rows["score"], log_of(rows["padj"])])
    _, shown = term_labels([names[i] for i in wanted], LABEL_WIDTH, prefix=prefix)
    omitted = place_labels(ax, xy, wanted, shown, size=6.5)
    if omitted:
        flat = [name.replace("\n", " ") for name in omitted]
        logger.info("%d labels are omitted for lack of space: %s", len(omitted), ", ".join(flat[:5]))
