"""Labels of points that don't overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

DIRECTIONS = np.array([(1, 0), (-1, 0), *((x, y) for y in (1, -1) for x in (0, 0.5, -0.5, 1, -1))])
"""Where a label may stand around its point, best first."""
GAPS = np.array([5, 8, 13, 20, 30, 45, 65, 90, 120])
"""Tried distances of a label from its point, in points of 1/72 inch."""
COST_OF_POINT = 12
"""Covering a point is as bad as standing so much further away."""
RADIUS = 3
"""Of a point."""
MARGIN = 2
"""Between labels and the frame."""
NEAR = 12
"""A label further away than this gets a line to its point."""


def place_labels(ax: Axes, xy: np.ndarray, labelled: np.ndarray, names: Sequence[str], size: float = 7) -> list[str]:
    """Write names beside points so that no name meets another, near their points and off the others.

    Greedy: from where labels crowd to where they don't, each at its best free place; one without a place is left out.

    Parameters
    ----------
    ax
        Axes whose points are drawn.
    xy
        Coordinates of all points.
    labelled
        Which of them are labelled.
    names
        The labels.
    size
        Of the font.

    Returns
    -------
    The names that found no place.
    """
    from matplotlib.patheffects import withStroke

    figure = ax.figure.canvas.figure  # not a part of it
    figure.draw_without_rendering()  # settles the layout
    scale = figure.dpi / 72
    frame = np.asarray(ax.get_window_extent().extents) / scale + [MARGIN, MARGIN, -MARGIN, -MARGIN]
    points = ax.transData.transform(xy) / scale
    halo = [withStroke(linewidth=2, foreground="white")]
    taken, left_out = np.empty((0, 4)), []
    for i in _crowded_first(points[labelled]):
        point = points[labelled[i]]
        options: dict[str, Any] = {"fontsize": size, "ha": "center", "va": "center", "path_effects": halo}
        text = ax.annotate(names[i], xy[labelled[i]], (0, 0), textcoords="offset points", **options)
        box = _place(point, np.array(text.get_window_extent().size) / scale, frame, taken, points)
        if box is None:
            text.remove()
            left_out.append(names[i])
            continue
        taken = np.vstack([taken, box])
        text.set_position(tuple((box[:2] + box[2:]) / 2 - point))
        nearest = np.clip(point, box[:2], box[2:])
        if np.linalg.norm(nearest - point) > NEAR:
            ends = ax.transData.inverted().transform(np.array([point, nearest]) * scale)
            ax.plot(*ends.T, color="0.4", linewidth=0.5, zorder=2.5, scalex=False, scaley=False)
    return left_out


def _crowded_first(points: np.ndarray) -> np.ndarray:
    """Order of the points by their distance to the fifth next."""
    if len(points) < 2:
        return np.arange(len(points))
    distance = np.linalg.norm(points[:, None] - points[None], axis=2)
    fifth = min(5, len(points) - 1)
    return np.argsort(np.partition(distance, fifth, axis=1)[:, fifth], kind="stable")


def _place(
    point: np.ndarray, size: np.ndarray, frame: np.ndarray, taken: np.ndarray, points: np.ndarray
) -> np.ndarray | None:
    """The best box for a label (left, bottom, right, top) inside the frame that meets no box taken."""
    centres = (point + DIRECTIONS * (size / 2 + GAPS[:, None, None])).reshape(-1, 2)
    gaps = np.repeat(GAPS, len(DIRECTIONS))
    boxes = np.hstack([centres - size / 2, centres + size / 2])
    free = (boxes[:, :2] >= frame[:2]).all(1) & (boxes[:, 2:] <= frame[2:]).all(1) & ~_meet(boxes, taken).any(1)
    if not free.any():
        return None
    boxes = boxes[free]
    covered = _meet(boxes, np.hstack([points - RADIUS, points + RADIUS])).sum(1)
    return boxes[np.argmin(gaps[free] + COST_OF_POINT * covered)]


def _meet(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Which boxes of ``a`` meet which of ``b``."""
    return np.all((a[:, None, :2] < b[None, :, 2:]) & (b[None, :, :2] < a[:, None, 2:]), axis=2)
