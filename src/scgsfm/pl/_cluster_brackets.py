from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._style import faded, text_color
from ._term_labels import in_lines, term_labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes

OFFSET = 0.1
"""Distance of the brackets from the matrix, in inches."""
LINE = 0.13
"""Height of a line of a name, in inches."""


def cluster_spans(terms: pd.DataFrame, positions: np.ndarray | None = None) -> list[tuple[float, float, str]]:
    """First and last row of each cluster of several terms, and its name. The terms are ordered by cluster."""
    codes = terms["cluster"].to_numpy()
    at = np.arange(len(codes), dtype=float) if positions is None else positions
    starts = np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]])
    stops = np.r_[starts[1:], len(codes)] - 1
    names = terms["cluster_name"].astype(str).tolist()
    return [(at[i], at[j], names[i]) for i, j in zip(starts, stops, strict=True) if j > i]


def draw_cluster_brackets(ax: Axes, spans: Sequence[tuple[float, float, str]], height: float, width: int = 34) -> int:
    """Draw a bracket at the right of the rows of each cluster, and its name next to it, without overlaps.

    Parameters
    ----------
    ax
        Axes with a row for each term, from top to bottom.
    spans
        First and last row of each cluster, and its name.
    height
        Height of the axes in inches.
    width
        Number of characters in a line of a name.

    Returns
    -------
    The number of names that were omitted, since the axes are too low for all.
    """
    bottom, top = sorted(ax.get_ylim())
    unit = (top - bottom) / height  # rows per inch
    fitting = _that_fit(spans, height)
    written = [in_lines(name, width, 2) for name in term_labels([name for *_, name in fitting], 10_000, 1)[1]]
    heights = np.array([LINE * (name.count("\n") + 1) + 0.03 for name in written]) * unit
    centers = np.array([(first + last) / 2 for first, last, _ in fitting])
    places = spread_out(centers, heights, bottom, top)
    scale: Any = ax.figure.dpi_scale_trans
    inches = _right_of(ax, scale)
    gap = min(0.35, max(0.15, 0.04 * unit) / 2)
    for first, last, _ in spans:
        ax.plot(
            [OFFSET, OFFSET],
            [first - 0.5 + gap, last + 0.5 - gap],
            color=faded(0.6, ax),
            transform=inches,
            clip_on=False,
            lw=1,
        )
    for center, place, name in zip(centers, places, written, strict=True):
        line = [OFFSET, OFFSET + 0.06, OFFSET + 0.2, OFFSET + 0.24]
        ax.plot(line, [center, center, place, place], color=faded(0.6, ax), transform=inches, clip_on=False, lw=0.6)
        style: dict[str, Any] = {"fontsize": 7, "va": "center", "linespacing": 1.0, "color": text_color()}
        ax.text(OFFSET + 0.28, place, name, transform=inches, **style)
    return len(spans) - len(fitting)


def _right_of(ax: Axes, scale: Any) -> Any:
    """Inches to the right of the axes, and rows."""
    from matplotlib.transforms import ScaledTranslation, blended_transform_factory

    box: Any = ax.transAxes
    right = scale + ScaledTranslation(1, 0, box)
    return blended_transform_factory(right, ax.transData)


def _that_fit(spans: Sequence[tuple[float, float, str]], height: float) -> list[tuple[float, float, str]]:
    """The spans of the largest clusters, as many as have space for a name of two lines, in their order."""
    n = max(int(height / (2 * LINE + 0.03)), 1)
    largest = sorted(range(len(spans)), key=lambda i: (spans[i][0] - spans[i][1], i))[:n]
    return [spans[i] for i in sorted(largest)]


def spread_out(centers: np.ndarray, heights: np.ndarray, low: float, high: float) -> np.ndarray:
    """Positions near ascending centers such that labels of these heights do not overlap and stay between two limits."""
    places = np.array(centers, dtype=float)
    edge = low
    for i, half in enumerate(heights / 2):
        places[i] = max(places[i], edge + half)
        edge = places[i] + half
    edge = high
    for i in range(len(places) - 1, -1, -1):
        places[i] = min(places[i], edge - heights[i] / 2)
        edge = places[i] - heights[i] / 2
    return places
