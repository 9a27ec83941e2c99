"""Draw the scores of terms as bars, with a panel for each group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._figure import Place, add_notes, label_in_lines
from ._select_terms import log_of, select_terms
from ._style import faded, text_color
from ._term_dots import BAR, LINE_SPACING, color_bar, fit_row_labels, row_positions, sequential_map, text_width
from ._term_labels import line_length, term_labels
from ._term_panels import N_COLUMNS, group_panels, telling_groups
from ._toolkit import columns_that_fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes

WIDTH = 2.4
"""Width of the bars in inches."""
LEAST = (2.8, 2.2)
"""Width and height that a panel needs in a figure of given size, in inches."""
AROUND, ROW = 0.8, 0.28
"""Heights of what surrounds the bars of a panel, and of a bar, in a figure of given size, in inches."""


def draw_bars(
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
) -> Axes | list[Axes]:
    """Draw a panel of bars for each group, or for the most telling ones."""
    groups, notes = telling_groups(table, groups, given=ax is not None, max_panels=max_panels)
    if figsize and "max_rows" not in options:
        n_rows = -(-len(groups) // columns_that_fit(len(groups), N_COLUMNS, LEAST, figsize))
        options = {**options, "max_rows": max(int((figsize[1] / n_rows - AROUND) / ROW), 3)}
    parts = []
    for group in groups:
        rows = table[table["group"] == group]
        if terms is None:
            chosen = select_terms(rows, "term", [group], both_signs=True, **options)
            notes += [f"{group}: {note}" if len(groups) > 1 else note for note in chosen.notes]
        kept = rows[rows["term"].isin(chosen.terms if terms is None else terms)]
        parts.append(kept.sort_values("score", ascending=False, kind="stable"))
    prefix, _ = term_labels([term for part in parts for term in part["term"]])
    names = [term_labels(part["term"].tolist(), line_length(figsize, ax), prefix=prefix)[1] for part in parts]
    height = max(row_positions(each)[1] for each in names) + 0.7
    width = text_width([name for each in names for name in each]) + WIDTH
    places = group_panels(len(groups), (width, max(height, BAR[1] + 0.8)), (0.8, 0.3 + 0.2 * len(notes)), figsize, ax)
    logs = [log_of(part["padj"]).to_numpy() for part in parts]
    top = max((float(values.max(initial=0)) for values in logs), default=1.0) or 1.0
    for place, group, part, each, values in zip(places, groups, parts, names, logs, strict=True):
        mapped = _draw(place, part, each, values, top, options["max_padj"], cmap, style)
        title = group if not prefix else f"{group}, {prefix.rstrip('_')}"
        place.ax.set_title(label_in_lines(title, place), loc="left", fontsize="medium")
        place.ax.set_xlabel(label_in_lines(score, place))
    last = places[min(len(places), 2) - 1]
    color_bar(last, mapped, "-log10 padj")
    if any((part["padj"] > options["max_padj"]).any() for part in parts):
        notes.append(f"grey: padj > {options['max_padj']:g}")
    add_notes([place.ax for place in places], notes, own=ax is None)
    places[0].settle()  # all share a figure
    for place, each in zip(places, names, strict=True):
        fit_row_labels(place, each)
    return places[0].ax if len(places) == 1 else [place.ax for place in places]


def _draw(
    place: Place,
    rows: pd.DataFrame,
    names: Sequence[str],
    logs: np.ndarray,
    top: float,
    max_padj: float,
    cmap: Any,
    style: dict[str, Any],
) -> Any:
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    ax = place.ax
    shades = sequential_map(ax) if cmap is None else colormaps.get_cmap(cmap)
    mapped = ScalarMappable(Normalize(0, top), shades)
    grey = faded(0.25, ax)
    colors = [mapped.to_rgba(log) if padj <= max_padj else grey for log, padj in zip(logs, rows["padj"], strict=True)]
    positions, height = row_positions(names)
    bars = {"height": 0.8 * np.diff(positions).min(initial=0.25), "color": colors}
    ax.barh(positions, rows["score"], **bars | style)
    ax.axvline(0, color=text_color(), lw=0.6)
    ax.set_yticks(positions, names, linespacing=LINE_SPACING, fontsize="small")
    ax.set_ylim(height + 0.05, -0.05)
    ax.tick_params(axis="y", length=0)
    ax.spines[["top", "right", "left"]].set_visible(False)
    return mapped
