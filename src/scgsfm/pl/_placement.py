"""Placement of the labels of points without overlaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._style import faded, halo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

DIRECTIONS = np.array([(1, 0), (-1, 0), *((x, y) for y in (1, -1) for x in (0, 0.5, -0.5, 1, -1))])
"""Directions from a point to its label, in order of preference."""
GAPS = np.array([5, 8, 13, 20, 30, 45, 65, 90, 120])
"""Distances of a label from its point to try, in points of 1/72 inch."""
COVER_COST = 12
"""Cost of covering a point, as a distance."""
RADIUS = 3
"""Radius of a point."""
MARGIN = 2
"""Distance of labels from the frame."""
NEAR = 12
"""Labels at a larger distance are connected to their points by a line."""


def place_labels(
    ax: Axes,
    xy: np.ndarray,
    labeled: np.ndarray,
    names: Sequence[str],
    size: float = 7,
    avoid: np.ndarray | None = None,
    radii: np.ndarray | None = None,
) -> list[str]:
    """Label points without overlaps, close to the points and without covering others.

    The placement is greedy: labels in crowded regions are placed first, each at the best free position. Labels without a
    free position are omitted.

    Parameters
    ----------
    ax
        Axes with the points.
    xy
        Coordinates of all points.
    labeled
        Indices of the points to label.
    names
        Labels of these points.
    size
        Font size.
    avoid
        Indices of the points that labels should not cover. By default, all.
    radii
        Radius of each point in points of 1/72 inch. By default, all have the same.

    Returns
    -------
    The labels that were omitted.
    """
    figure = ax.figure.canvas.figure  # the figure itself, even if the axes are in a subfigure
    figure.draw_without_rendering()  # computes the layout
    scale = figure.dpi / 72
    frame = np.asarray(ax.get_window_extent().extents) / scale + [MARGIN, MARGIN, -MARGIN, -MARGIN]
    points = ax.transData.transform(xy) / scale
    radius = np.full(len(xy), float(RADIUS)) if radii is None else radii
    kept = slice(None) if avoid is None else avoid
    avoided = np.hstack([points - radius[:, None], points + radius[:, None]])[kept]
    taken, omitted = np.empty((0, 4)), []
    for i in _crowded_first(points[labeled]):
        point = points[labeled[i]]
        options: dict[str, Any] = {"fontsize": size, "ha": "center", "va": "center", "path_effects": halo(ax)}
        text = ax.annotate(names[i], xy[labeled[i]], (0, 0), textcoords="offset points", **options)
        size_of_text = np.array(text.get_window_extent().size) / scale
        box = _best_box(point, size_of_text, frame, taken, avoided, max(radius[labeled[i]] - RADIUS, 0))
        if box is None:
            text.remove()
            omitted.append(names[i])
            continue
        taken = np.vstack([taken, box])
        text.set_position(tuple((box[:2] + box[2:]) / 2 - point))
        nearest = np.clip(point, box[:2], box[2:])
        if np.linalg.norm(nearest - point) > NEAR + max(radius[labeled[i]] - RADIUS, 0):
            ends = ax.transData.inverted().transform(np.array([point, nearest]) * scale)
            ax.plot(*ends.T, color=faded(0.6, ax), linewidth=0.5, zorder=2.5, scalex=False, scaley=False)
    return omitted


def _crowded_first(points: np.ndarray) -> np.ndarray:
    """Order the points by the distance to their fifth nearest neighbor."""
    if len(points) < 2:
        return np.arange(len(points))
    distance = np.linalg.norm(points[:, None] - points[None], axis=2)
    fifth = min(5, len(points) - 1)
    return np.argsort(np.partition(distance, fifth, axis=1)[:, fifth], kind="stable")


def _best_box(
    point: np.ndarray, size: np.ndarray, frame: np.ndarray, taken: np.ndarray, avoided: np.ndarray, farther: float
) -> np.ndarray | None:
    """The best box for a label (left, bottom, right, top) inside the frame that overlaps no other label."""
    centers = (point + DIRECTIONS * (size / 2 + farther + GAPS[:, None, None])).reshape(-1, 2)
    gaps = np.repeat(GAPS, len(DIRECTIONS))
    boxes = np.hstack([centers - size / 2, centers + size / 2])
    free = (boxes[:, :2] >= frame[:2]).all(1) & (boxes[:, 2:] <= frame[2:]).all(1) & ~_overlap(boxes, taken).any(1)
    if not free.any():
        return None
    boxes = boxes[free]
    covered = _overlap(boxes, avoided).sum(1)
    best: np.ndarray = boxes[np.argmin(gaps[free] + COVER_COST * covered)]
    return best


def _overlap(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Whether each box of ``a`` overlaps each box of ``b``."""
    overlap: np.ndarray = np.all((a[:, None, :2] < b[None, :, 2:]) & (b[None, :, :2] < a[:, None, 2:]), axis=2)
    return overlap
