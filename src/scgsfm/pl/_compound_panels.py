"""Draw the scores of compounds as lollipops, with a panel for each group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ._figure import add_notes
from ._style import OKABE_ITO, background, faded, text_color
from ._term_dots import text_width
from ._term_panels import N_COLUMNS, group_panels, telling_groups
from ._toolkit import columns_that_fit, shortened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from ._figure import Place

WIDTH = 2.6
"""Width of the lollipops in inches."""
ROW = 0.19
"""Height of a row in inches."""
LEAST = (3.2, 2.4)
"""Width and height that a panel needs in a figure of given size, in inches."""
MIN_ROW, AROUND = 0.075, 0.9
"""Heights of a row, and of what surrounds the rows of a panel, in a figure of given size, in inches."""
N_COMPOUNDS = 8
"""Number of compounds in each direction by default."""
MAX_NAME = 30
MAX_CLASS = 44
"""Characters of names of compounds and mechanisms."""


def draw_compounds(
    table: pd.DataFrame,
    groups: Sequence[str],
    n_compounds: int | None,
    max_padj: float,
    *,
    figsize: tuple[float, float] | None,
    ax: Axes | None,
    style: dict[str, Any],
    max_panels: int,
) -> Axes | list[Axes]:
    """Draw a panel of lollipops for each group, or for the most telling ones."""
    groups, notes = telling_groups(table, groups, given=ax is not None, max_panels=max_panels)
    n_classes = len(OKABE_ITO)
    if figsize:
        n_rows = -(-len(groups) // columns_that_fit(len(groups), N_COLUMNS, LEAST, figsize))
        n_classes = min(max(int(figsize[1]) - 1, 2), n_classes)
        height = (figsize[1] - 0.17 * (n_classes + 1) - 0.2 * (len(notes) + 2)) / n_rows - AROUND + 0.2
        if n_compounds is None and (fits := max(int(height / MIN_ROW / 2), 2)) < N_COMPOUNDS:
            notes.append(f"the first {fits} compounds in each direction")
            n_compounds = fits
    n_compounds = N_COMPOUNDS if n_compounds is None else n_compounds
    parts = [_chosen(table[table["group"] == group], n_compounds) for group in groups]
    labels = [shortened([str(name) for name in part["compound"]], MAX_NAME) for part in parts]
    colors = _class_colors(pd.concat(parts), n_classes)
    n_lines = -(-(len(colors) + 1) // min(len(groups), 2))
    height = max(map(len, parts)) * ROW + 0.7
    width = text_width([name for each in labels for name in each]) + WIDTH
    margin = (0.2, 0.35 + 0.17 * n_lines + 0.2 * (len(notes) + 2))
    places = group_panels(len(groups), (width, height), margin, figsize, ax)
    for place, group, part, names in zip(places, groups, parts, labels, strict=True):
        _draw(place, part, names, colors, max_padj, style)
        place.ax.set_title(group, loc="left", fontsize="medium")
    if any((part["padj"] > max_padj).any() for part in parts):
        notes.append(f"open: padj > {max_padj:g}")
    notes.append("similar expression changes, not responses")
    _legend(places, colors, own=ax is None)
    add_notes([place.ax for place in places], notes, own=ax is None)
    places[0].settle()  # all share a figure
    return places[0].ax if len(places) == 1 else [place.ax for place in places]


def _chosen(rows: pd.DataFrame, n: int) -> pd.DataFrame:
    """The compounds with the lowest p-values in each direction, in descending order of the score."""
    rows = rows.iloc[(-rows["score"].abs()).argsort(kind="stable")]
    kept = pd.concat([rows[rows["score"] > 0].head(n), rows[rows["score"] < 0].head(n)])
    return kept.sort_values("score", ascending=False, kind="stable")


def _class_of(mechanisms: object) -> str:
    """The broadest mechanism of action."""
    return str(mechanisms).split(";")[0] if isinstance(mechanisms, str) else ""


def _class_colors(rows: pd.DataFrame, n: int) -> dict[str, str]:
    """Colors of the ``n`` mechanisms that occur most often; ties by the strongest score."""
    rows = rows.assign(mechanism=rows["mechanism"].map(_class_of))
    rows = rows[rows["mechanism"] != ""]
    order = rows.assign(size=rows["score"].abs()).groupby("mechanism").agg(n=("compound", "size"), size=("size", "max"))
    order = order.sort_values(["n", "size"], ascending=False, kind="stable")
    return dict(zip(order.index[:n], OKABE_ITO, strict=False))


def _draw(
    place: Place,
    rows: pd.DataFrame,
    names: Sequence[str],
    colors: dict[str, str],
    max_padj: float,
    style: dict[str, Any],
) -> None:
    ax = place.ax
    grey = faded(0.45, ax)
    shades = [colors.get(_class_of(mechanisms), grey) for mechanisms in rows["mechanism"]]
    faces = [c if padj <= max_padj else background(ax) for c, padj in zip(shades, rows["padj"], strict=True)]
    positions = range(len(rows))
    ax.hlines(positions, 0, rows["score"], colors=shades, lw=1.2, zorder=1)
    ax.axvline(0, color=text_color(), lw=0.6, zorder=0)
    marks: dict[str, Any] = {"s": 34, "c": faces, "edgecolors": shades, "linewidths": 1.2, "zorder": 2}
    ax.scatter(rows["score"], positions, **marks | style)
    ax.set_yticks(list(positions), list(names), fontsize="small")
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xlabel("reverses ←  score (z)  → mimics")
    ax.margins(x=0.08)
    ax.tick_params(axis="y", length=0)
    ax.spines[["top", "right", "left"]].set_visible(False)


def _legend(places: Sequence[Place], colors: dict[str, str], *, own: bool) -> None:
    """Colors of the mechanisms, above the panels."""
    from matplotlib.lines import Line2D

    ax = places[0].ax
    entries = dict(zip(shortened(list(colors), MAX_CLASS), colors.values(), strict=True))
    entries["other or unknown"] = faded(0.45, ax)
    handles = [Line2D([], [], marker="o", ls="", color=color, label=name) for name, color in entries.items()]
    options: dict[str, Any] = {"frameon": False, "fontsize": "small", "handletextpad": 0.3, "borderaxespad": 0.2}
    if own:
        longest = text_width(list(entries)) + 0.4
        n_columns = 1 if len(places) == 1 or 2 * longest > ax.figure.get_figwidth() else 2  # type: ignore[union-attr]
        ax.figure.figure.legend(handles=handles, loc="outside upper left", ncols=n_columns, **options)
    else:
        ax.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1.1), **options)
