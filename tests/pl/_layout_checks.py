"""Checks of finished figures: no text is cut off or covers other text, and all of it can be read on its background."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import to_rgba

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text


def all_axes(figure: Figure) -> list[Axes]:
    """The axes of a figure with those inside of them."""
    found: list[Axes] = []
    todo = list(figure.axes)
    while todo:
        ax = todo.pop()
        if ax not in found:
            found.append(ax)
            todo += ax.child_axes
    return found


def texts(figure: Figure) -> list[Text]:
    """Everything that is written on a figure."""
    found = [*figure.texts, *(text for legend in figure.legends for text in legend.get_texts())]
    for label in (figure._supxlabel, figure._suptitle):  # type: ignore[attr-defined]
        found += [label] if label is not None else []
    for ax in all_axes(figure):
        found += _texts_of(ax)
    return [text for text in dict.fromkeys(found) if text.get_visible() and text.get_text().strip()]


def _texts_of(ax: Axes) -> Iterator[Text]:
    yield from ax.texts
    if not ax.axison:
        return
    yield from (ax.title, ax._left_title, ax._right_title)  # type: ignore[attr-defined]
    for axis in (ax.xaxis, ax.yaxis):
        yield axis.label
        low, high = sorted(axis.get_view_interval())
        for tick in axis.get_major_ticks():
            if low <= tick.get_loc() <= high:
                yield from (label for label in (tick.label1, tick.label2) if label.get_visible())
    if (legend := ax.get_legend()) is not None:
        yield from (*legend.get_texts(), legend.get_title())


def check_layout(figure: Figure, *, inside: bool = True, contrast: bool = True) -> None:
    """Raise AssertionError if text is cut off by the figure, covers other text or has too little contrast."""
    figure.draw_without_rendering()
    found = texts(figure)
    boxes = np.array([text.get_window_extent().extents for text in found])
    names = [text.get_text().replace("\n", " ") for text in found]
    if inside:
        width, height = figure.bbox.size
        out = (boxes[:, :2] < -1.5).any(axis=1) | (boxes[:, 2] > width + 1.5) | (boxes[:, 3] > height + 1.5)
        assert not out.any(), f"cut off: {[name for name, each in zip(names, out, strict=True) if each]}"
    left, bottom, right, top = np.add(boxes, (1, 1.5, -1, -1.5)).T
    meet = (left[:, None] < right) & (left < right[:, None]) & (bottom[:, None] < top) & (bottom < top[:, None])
    pairs = np.argwhere(np.triu(meet, 1))
    assert not len(pairs), f"overlap: {[(names[i], names[j]) for i, j in pairs]}"
    if not contrast:
        return
    behind = np.array(to_rgba(figure.get_facecolor())[:3])
    faint = [
        name
        for name, text in zip(names, found, strict=True)
        if np.abs(np.array(to_rgba(text.get_color())[:3]) - behind).max() < 0.35
    ]
    assert not faint, f"too little contrast: {faint}"


def legend_texts(figure: Figure) -> list[str]:
    """The texts of all legends of a figure."""
    legends = [*figure.legends, *(legend for ax in all_axes(figure) if (legend := ax.get_legend()) is not None)]
    return [text.get_text() for legend in legends for text in legend.get_texts()]
