from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._finish import MIN_FONT, figure_of, fit_fonts, fit_inside, thin_out
from ._style import background, faded, readable_on, text_color
from ._toolkit import panels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

MAX_NUMBERS = 16
"""Numbers are written into matrices of up to so many columns."""


def square_matrix(
    values: np.ndarray,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    label: str,
    ax: Axes | None,
    figsize: tuple[float, float] | None,
    options: dict[str, Any],
) -> list[Axes]:
    """Draw a matrix with square fields, their values and a color bar; missing values are hatched in grey."""
    if ax is None:
        field = 0.42 if len(columns) <= MAX_NUMBERS else 0.26
        row = 0.42 if len(rows) <= MAX_NUMBERS else 0.26
        wide, high = (0.08 * max(len(line) for name in names for line in name.split("\n")) for names in (rows, columns))
        size = max(field * len(columns), 1.2) + wide + 1.3, max(row * len(rows), 1.8) + high + 0.4
        ax = panels(1, 1, size, (0, 0), figsize)[0]
    image = ax.imshow(values, aspect="auto", **options)
    ax.set_facecolor(faded(0.15, ax))
    if len(columns) <= MAX_NUMBERS:
        for (i, j), value in np.ndenumerate(values):
            color = readable_on(image.to_rgba(value)) if np.isfinite(value) else text_color()
            text = f"{value:.2f}" if np.isfinite(value) else "–"
            ax.text(j, i, text, ha="center", va="center", color=color, fontsize=7 if len(rows) <= MAX_NUMBERS else 6)
    small = "small" if max(len(rows), len(columns)) > MAX_NUMBERS else "medium"
    ax.set_xticks(range(len(columns)), columns, rotation=90, fontsize=small, linespacing=0.95)
    ax.set_yticks(range(len(rows)), rows, fontsize=small, linespacing=0.95)
    ax.set_xticks(np.arange(len(columns) + 1) - 0.5, minor=True)
    ax.set_yticks(np.arange(len(rows) + 1) - 0.5, minor=True)
    ax.grid(visible=False)
    ax.grid(which="minor", color=background(), linewidth=1)
    ax.tick_params(which="both", length=0)
    ax.spines[:].set_visible(False)
    is_cut = bool((values > (image.get_clim()[1] or np.inf) + 1e-9).any())  # such as the diagonal
    extend = "max" if is_cut else "neither"
    bar = ax.figure.colorbar(image, ax=ax, label=label, shrink=0.8, aspect=15, extend=extend)
    bar.outline.set_visible(False)
    return [ax, bar.ax]


def fit_matrix(axes: list[Axes], slot: Any, figsize: tuple[float, float] | None) -> None:
    """Fit a matrix and its color bar into a place or a figure of given size, with numbers that fit their fields."""
    figure = figure_of(axes)
    if slot is not None:
        fit_inside(axes, slot)
    elif figsize is not None:
        fit_fonts(figure)
    else:  # its size follows from the names
        figure.draw_without_rendering()
        thin_out(axes[0])
        return
    figure.draw_without_rendering()
    ax = axes[0]
    box = ax.get_window_extent()
    rows, columns = (len(axis.get_ticklabels()) for axis in (ax.yaxis, ax.xaxis))
    points = 72 / figure.dpi
    size = min(box.width * points / columns / 2.6, box.height * points / rows / 1.3, 7)
    for text in list(ax.texts):
        if size < MIN_FONT:
            text.remove()
        else:
            text.set_fontsize(size)
