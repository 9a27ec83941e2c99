"""The figure of a plot: a new one that fits the content, or the place of axes that a user gave, and notes on it."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ._finish import fit_fonts, fit_inside, slot_of
from ._style import faded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

NARROW = 4.5
"""Width of a figure in inches below which the legend is below the axes."""


@dataclass
class Place:
    """Axes to draw on, and what is known about the space for them."""

    ax: Axes
    slot: Any
    """The place of given axes in their figure; None for a new figure."""
    height: float
    """Height in inches, before labels take their part."""
    is_sized: bool = False
    """Whether the user gave the size of the figure."""

    @classmethod
    def of(cls, ax: Axes | None, figsize: Any, size: tuple[float, float]) -> Place:
        """The given axes, or those of a new figure of ``figsize`` or, by default, of ``size`` in inches."""
        import matplotlib.pyplot as plt

        if ax is not None:
            return cls(ax, slot_of(ax), ax.get_window_extent().height / ax.figure.figure.dpi)
        size = size if figsize is None else tuple(figsize)
        ax = plt.subplots(figsize=size, layout="constrained")[1]
        return cls(ax, None, size[1], figsize is not None)

    @property
    def is_narrow(self) -> bool:
        """Whether the user gave a size without space for a legend to the right of the axes."""
        return self.is_sized and is_narrow(self.ax.figure.figure.get_size_inches())

    def settle(self, axes: Sequence[Axes] | None = None) -> None:
        """Make space for everything that was drawn."""
        if self.slot is None and self.is_sized:
            fit_fonts(self.ax.figure.figure)
        elif self.slot is None:
            self.ax.figure.figure.draw_without_rendering()
        else:
            fit_inside(list(axes or [self.ax]), self.slot)

    def drawn_height(self) -> float:
        """Height of the axes in inches in the finished figure."""
        return float(self._drawn().height)

    def drawn_width(self) -> float:
        """Width of the axes in inches in the finished figure."""
        return float(self._drawn().width)

    def _drawn(self) -> Any:
        figure = self.ax.figure.figure
        figure.draw_without_rendering()
        return self.ax.get_window_extent().transformed(figure.dpi_scale_trans.inverted())


def is_narrow(figsize: Any) -> bool:
    """Whether a figure of given size has no space for a legend to the right of the axes."""
    return figsize is not None and figsize[0] < NARROW


def legend_below(figure: Any, handles: Sequence[Any], **options: Any) -> Any:
    """A legend below all axes of a figure, in as many columns as fit."""
    longest = max((len(line) for handle in handles for line in str(handle.get_label()).split("\n")), default=0)
    n_columns = int((figure.get_figwidth() - 0.1) / (0.062 * longest + 0.35))
    options = {"fontsize": "x-small", "columnspacing": 1.0, "handletextpad": 0.4, "handlelength": 1.2} | options
    n_columns = min(max(n_columns, 1), len(handles))
    return figure.legend(handles=handles, frameon=False, loc="outside lower center", ncols=n_columns, **options)


def note_lines(notes: Sequence[str], width: float) -> list[str]:
    """Notes in lines that fit a width in inches."""
    return [line for note in notes for line in textwrap.wrap(note, max(int(width / 0.066), 24))]


def notes_height(notes: Sequence[str], width: float) -> float:
    """Height of notes below a figure, in inches."""
    return 0.15 * len(note_lines(notes, width)) + (0.1 if notes else 0)


def add_notes(axes: Sequence[Axes], notes: Sequence[str], *, own: bool) -> None:
    """Write notes below a figure of our own or, for given axes, below their label."""
    if not notes:
        return
    figure = axes[0].figure.figure
    width = figure.get_size_inches()[0] if own else axes[0].get_window_extent().width / figure.dpi
    text = "\n".join(note_lines(notes, width))
    options: dict[str, Any] = {"fontsize": "small", "color": faded(0.75, axes[0])}
    if own:
        figure.supxlabel(text, x=0.01, ha="left", **options)
        return
    label = axes[0].get_xlabel()
    axes[0].set_xlabel(f"{label}\n{text}" if label else text, **options)


def label_in_lines(text: str, place: Place) -> str:
    """The label of an axis in lines that fit the width of the place."""
    width = place.ax.get_window_extent().width / place.ax.figure.figure.dpi
    least = 16 if place.is_sized or place.slot is not None else 46
    return "\n".join(textwrap.wrap(text, max(int(width / 0.08), least))) or text


def small_font(inches: float) -> float:
    """Size of small text, in points, or less if a line has only a height of some inches."""
    from matplotlib.font_manager import FontProperties

    small = FontProperties(size="small").get_size_in_points()
    return float(min(small, max(72 * inches, 4.0)))
