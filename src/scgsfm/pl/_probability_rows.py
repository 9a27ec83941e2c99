"""Draw rows of names with their probabilities, on an axis of log odds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scgsfm._logging import logger

from ._figure import Place, add_notes, label_in_lines, small_font
from ._style import OKABE_ITO, faded
from ._toolkit import panels

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes

MAX_PANELS = 4
"""Maximum number of panels that are drawn if the user does not select any."""
PREDICTED = OKABE_ITO[0]
"""Color of predictions."""
BOUND = 1e-7
"""Probabilities closer to 0 or 1 are drawn at this distance."""
TICKS = np.array([0.5, 0.1, 0.01, 1e-3, 1e-4, 1e-5, 1e-6, 0.9, 0.99, 0.999, 0.9999])
"""Values to mark on the axis, in the order of preference."""
MORE_TICKS = np.array([x * 10**-k for k in range(1, 7) for x in (2, 5)] + [0.3, 0.7, 0.8, 0.6, 0.4, 0.95])
"""Values to mark if there is space."""
TICK_DISTANCE = 0.55
"""Least distance of ticks in inches."""
ROW = 0.2
"""Height of a row in inches."""


def select_panels(
    names: Sequence[str], *, chosen: bool, given: bool, noun: str, argument: str, fits: int = MAX_PANELS
) -> tuple[list[str], str]:
    """The names that fit: all that the user chose, or the first ones, or one on given axes; and a note if some don't.

    Raises ValueError if there is no name.
    """
    if not names:
        msg = f"There are 0 {noun}s to draw: the table has no row."
        raise ValueError(msg)
    n = 1 if given else len(names) if chosen else min(fits, MAX_PANELS)
    if len(names) <= n:
        return list(names), ""
    note = f"{'the first' if n == 1 else f'the first {n}'} of {len(names)} {noun}s"
    logger.info("drew %s; choose by `%s`", note, argument)
    return list(names[:n]), note


def places_of(
    n: int, n_columns: int, size: tuple[float, float], margin: tuple[float, float], figsize: Any, ax: Axes | None
) -> list[Place]:
    """The given axes, or panels of a new figure, with the size of a panel and of the margin in inches."""
    if ax is not None:
        return [Place.of(ax, None, size)]
    return [Place(each, None, size[1], figsize is not None) for each in panels(n, n_columns, size, margin, figsize)]


def odds_limits(probabilities: Sequence[pd.Series]) -> tuple[float, float]:
    """Limits of an axis of log odds that show all probabilities, the lowest away from the left end."""
    odds = np.concatenate([log_odds(np.asarray(each, dtype=float)) for each in probabilities])
    low, high = float(odds.min()), float(odds.max())
    width = max(high - low, 1.0)
    return low - 0.12 * width, high + 0.06 * width


def log_odds(p: np.ndarray) -> np.ndarray:
    """Natural logarithm of the odds."""
    p = np.clip(np.nan_to_num(p, nan=BOUND), BOUND, 1 - BOUND)
    return np.asarray(np.log(p) - np.log1p(-p))


def draw_rows(ax: Axes, probabilities: pd.Series, colors: Sequence[str], names: Sequence[str], limits: Any) -> None:
    """Draw a line and a dot for each name, from top to bottom."""
    x, y = log_odds(probabilities.to_numpy(dtype=float)), np.arange(len(names))
    ax.hlines(y, limits[0], x, color=colors, linewidth=1.6)
    ax.scatter(x, y, color=colors, s=30, zorder=2)
    ax.set_yticks(y, names)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.set_xlim(*limits)
    ax.set_xlabel("probability (log odds)")
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x", color=faded(0.12, ax))
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)


def mark_odds(ax: Axes, width: float) -> None:
    """Mark probabilities on an axis of log odds with a width in inches so that the labels do not touch."""
    low, high = ax.get_xlim()
    least = TICK_DISTANCE / max(width, 0.1) * (high - low)
    kept: dict[float, float] = {}
    for p in (*TICKS, *MORE_TICKS):
        at = float(log_odds(np.array(p)))
        if low <= at <= high and all(abs(at - other) >= least for other in kept):
            kept[at] = float(p)
    ax.set_xticks(list(kept), [f"{p:g}".replace("e-0", "e-") for p in kept.values()])


def known_color(ax: Axes | None = None) -> str:
    """Color of what the input lists."""
    return faded(0.45, ax)


def legend_of(place: Place, axes: Sequence[Axes], colors: dict[str, str], note: str) -> None:
    """A legend and a note below the figure, or below given axes."""
    from matplotlib.lines import Line2D
    from matplotlib.transforms import ScaledTranslation

    handles = [Line2D([], [], color=color, marker="o", label=label) for label, color in colors.items()]
    options: dict[str, Any] = {"handles": handles, "frameon": False, "fontsize": "small"}
    if place.slot is None:
        place.ax.figure.legend(loc="outside upper right", ncols=len(handles), **options)
    else:
        below = ScaledTranslation(0, -0.45 - 0.16 * bool(note), place.ax.figure.dpi_scale_trans)  # under the label
        options |= {"bbox_to_anchor": (0.5, 0.0), "bbox_transform": place.ax.transAxes + below, "ncols": len(handles)}
        place.ax.legend(loc="upper center", borderaxespad=0, **options)
    add_notes(axes, [note] if note else [], own=place.slot is None)


def settle(places: Sequence[Place], n_rows: Sequence[float]) -> None:
    """Make space, and reduce fonts where rows are low."""
    for place in places:
        mark_odds(place.ax, 1.5)
        label, *notes = place.ax.get_xlabel().split("\n")
        place.ax.set_xlabel("\n".join([label_in_lines(label, place), *notes]))
    places[0].settle()
    for place, n in zip(places, n_rows, strict=True):
        place.ax.tick_params(axis="y", labelsize=small_font(place.drawn_height() / max(n, 1) / 1.2))
        mark_odds(place.ax, place.drawn_width())
