"""Draw the nodes of a map of terms: circles by score or pies of groups, edges, names of clusters and legends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._figure import legend_below
from ._placement import place_labels
from ._style import OKABE_ITO, background, faded, text_color
from ._term_labels import in_lines, term_labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes

    from ._clustered_terms import ClusteredTerms
    from ._term_dots import Sizes
    from ._term_network import TermNetwork

PALE = 0.35
"""Share of the color of a group in slices of negative scores."""


def draw_edges(ax: Axes, network: TermNetwork) -> None:
    """Lines between similar terms; the more similar, the wider."""
    from matplotlib.collections import LineCollection

    strength = network.weights - network.weights.min(initial=1)
    widths = 0.4 + 1.2 * strength / max(strength.max(initial=0), 1e-9)
    lines = LineCollection(list(network.xy[network.edges]), linewidths=widths, colors=faded(0.25, ax), zorder=1)
    ax.add_collection(lines)


def draw_scores(
    ax: Axes, xy: np.ndarray, areas: np.ndarray, score: np.ndarray, significant: np.ndarray, options: dict[str, Any]
) -> None:
    """Circles whose color is the score, or blue without scores; grey ones are not significant."""
    edge = faded(0.55, ax)
    scored = significant & np.isfinite(score)
    for nodes, color in ((~significant, faded(0.14, ax)), (significant & ~scored, OKABE_ITO[0])):
        style: dict[str, Any] = {"color": color, "edgecolors": edge, "linewidths": 0.4, "zorder": 2}
        ax.scatter(xy[nodes, 0], xy[nodes, 1], s=areas[nodes], **style)
    style = {"edgecolors": edge, "linewidths": 0.5, "zorder": 3}
    ax.scatter(xy[scored, 0], xy[scored, 1], s=areas[scored], c=score[scored], **style | options)


def draw_pies(
    ax: Axes, xy: np.ndarray, areas: np.ndarray, score: np.ndarray, significant: np.ndarray, colors: Sequence[str]
) -> None:
    """Pies with a slice for each group in which the term is significant, pale for negative scores."""
    from matplotlib.markers import MarkerStyle
    from matplotlib.path import Path

    edge = faded(0.55, ax)
    counts = significant.sum(axis=1)
    ax.scatter(
        xy[counts == 0, 0], xy[counts == 0, 1], s=areas[counts == 0], color=faded(0.14, ax), linewidths=0, zorder=2
    )
    rank = np.cumsum(significant, axis=1) - 1
    for n in np.unique(counts[counts > 0]):
        for part in range(n):
            slices = np.argwhere(significant & (rank == part) & (counts == n)[:, None])
            fill = [shade(colors[group], score[term, group] < 0, ax) for term, group in slices]
            nodes = slices[:, 0]
            if n == 1:
                ax.scatter(xy[nodes, 0], xy[nodes, 1], s=areas[nodes], c=fill, linewidths=0, zorder=3)
                continue
            wedge = Path.wedge(90 - 360 * (part + 1) / n, 90 - 360 * part / n)
            # a marker is scaled by its largest coordinate
            scale = np.abs(wedge.vertices).max() ** 2
            marker: Any = MarkerStyle(wedge)
            ax.scatter(
                xy[nodes, 0], xy[nodes, 1], s=areas[nodes] * scale, c=fill, marker=marker, linewidths=0, zorder=3
            )
    ax.scatter(xy[:, 0], xy[:, 1], s=areas, facecolors="none", edgecolors=edge, linewidths=0.5, zorder=3.5)


def shade(color: str, is_pale: bool, ax: Axes) -> Any:
    """A color, or its mix with the background."""
    from matplotlib.colors import to_rgb

    share = PALE if is_pale else 1.0
    red, green, blue = share * np.array(to_rgb(color)) + (1 - share) * np.array(to_rgb(background(ax)))
    return float(red), float(green), float(blue)


def label_nodes(
    ax: Axes,
    shown: ClusteredTerms,
    xy: np.ndarray,
    radii: np.ndarray,
    *,
    label: str,
    n_labels: int,
    wanted: np.ndarray,
) -> list[str]:
    """Write names of clusters or terms where there is space. Returns the names without space.

    Parameters
    ----------
    ax
        The axes.
    shown
        The terms.
    xy
        Their positions.
    radii
        Their radii in points.
    label
        ``"clusters"`` or ``"terms"``.
    n_labels
        Maximum number of names.
    wanted
        Terms that are worth a name.
    """
    if label == "terms":
        nodes = np.flatnonzero(wanted)[:n_labels]
        names = shown.terms.index[nodes].tolist()
    else:
        nodes, names = _clusters(shown.terms, xy, wanted, n_labels)
    if not names:
        return []
    written = [in_lines(name, 24, 3) for name in term_labels(names, 10_000, 1)[1]]
    size = 7 if len(names) <= 24 else 6
    return place_labels(ax, xy, nodes, written, size=size, radii=radii)


def _clusters(terms: pd.DataFrame, xy: np.ndarray, wanted: np.ndarray, n: int) -> tuple[np.ndarray, list[str]]:
    """Node of each cluster that is closest to its center, and its name; the ``n`` largest clusters."""
    codes = terms["cluster"].to_numpy()
    found, sizes = np.unique(codes[wanted], return_counts=True)
    nodes, names = [], []
    for cluster in found[np.argsort(-sizes, kind="stable")][:n]:
        members = np.flatnonzero((codes == cluster) & wanted)
        # the median is not moved by a term that lies elsewhere
        distance = np.linalg.norm(xy[members] - np.median(xy[members], axis=0), axis=1)
        nodes.append(members[np.argmin(distance)])
        names.append(str(terms["cluster_name"].iloc[members[0]]))
    return np.array(nodes, dtype=int), names


def size_legend(
    ax: Axes, sizes: Sizes, colors: dict[str, str] | None, *, any_pale: bool, grey: str, below: bool = False
) -> None:
    """What the size of nodes, the color of slices and grey nodes mean, to the right of the axes or below the figure."""
    from matplotlib.lines import Line2D

    plain: dict[str, Any] = {"linestyle": "", "marker": "o", "markeredgewidth": 0.5, "markeredgecolor": text_color()}
    handles = [
        Line2D([], [], markersize=area**0.5, markerfacecolor="none", label=f"{text} genes", **plain)
        for area, text in zip(sizes.step_areas, sizes.texts, strict=True)
    ]
    for group, color in (colors or {}).items():
        handles.append(
            Line2D([], [], markersize=7, markerfacecolor=color, label=group, **plain | {"markeredgewidth": 0})
        )
    if any_pale:
        pale = shade(next(iter((colors or {"": text_color()}).values())), True, ax)
        options = plain | {"markeredgewidth": 0}
        handles.append(Line2D([], [], markersize=7, markerfacecolor=pale, label="pale: negative score", **options))
    if grey:
        options = plain | {"markeredgewidth": 0.4}
        handles.append(Line2D([], [], markersize=6, markerfacecolor=faded(0.14, ax), label=grey, **options))
    if below:
        legend_below(ax.figure, handles, labelspacing=0.9, handletextpad=0.9)
        return
    ax.legend(
        handles=handles,
        frameon=False,
        loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
        borderaxespad=0.2,
        labelspacing=0.9,
        handletextpad=0.9,
        fontsize="small",
    )
