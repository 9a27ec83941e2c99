from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._figure import add_notes
from ._finish import figure_of, fit_fonts, fit_inside, slot_of
from ._set_labels import set_labels, title_length, title_size, wrap
from ._style import background, group_colors, palette, text_color
from ._toolkit import columns_that_fit, panels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anndata import AnnData
    from matplotlib.axes import Axes

OVERLAP = 1.6
"""Height of the highest curve, where 1 is the distance of two lines."""
MIN_ROW = 0.16
"""Least distance of two lines in inches."""


def score_ridge(
    scored: AnnData,
    groupby: str | None,
    *,
    label: str,
    notes: Sequence[str],
    n_columns: int,
    ax: Axes | None,
    figsize: tuple[float, float] | None,
) -> list[Axes]:
    """Draw the density of scores: a panel for each set with a line for each group, or one panel with a line per set."""
    names = scored.var_names.tolist()
    table = scored.to_df()
    slot = None if ax is None else slot_of(ax)
    if groupby is None:
        colors = dict(zip(names, [palette(1)[0]] * len(names), strict=True))
        height = 0.36 * len(names) + 0.9
        axes = panels(1, 1, (5.5, height), (0, 0), figsize, ax=ax)
        rows = {name: table[name].to_numpy() for name in names}
        _draw(axes[0], rows, dict(zip(names, set_labels(names, 40, 2)[1], strict=True)), colors)
    else:
        column = scored.obs[groupby]
        groups = list(map(str, column.cat.categories))
        colors = group_colors(scored, groupby, groups)
        size = 2.7, float(np.clip(7 / len(groups), MIN_ROW, 0.3)) * len(groups) + 0.9
        n_columns = columns_that_fit(len(names), n_columns, size, figsize, ax)
        titles = set_labels(names, title_length(figsize, n_columns, 24), 3)[1]
        axes = panels(len(names), n_columns, size, (0.8, 0), figsize, ax=ax)
        for i, (name, panel) in enumerate(zip(names, axes, strict=True)):
            rows = {group: table.loc[(column == group).to_numpy(), name].to_numpy() for group in groups}
            named = i % n_columns == 0
            _draw(panel, rows, {group: wrap(group, 24, 2) if named else "" for group in groups}, colors)
            panel.set_title(titles[i], fontsize=title_size(titles))
        for panel in axes[::n_columns]:
            panel.set_ylabel(groupby.strip())
    for panel in axes:
        panel.set_xlabel(f"{label}\n(line: median)" if len(axes) > 1 else f"{label} (line: median)", fontsize="small")
    add_notes(axes[-1:], notes, own=ax is None)
    if slot is not None and figure_of(axes).get_layout_engine() is None:
        fit_inside(axes, slot)
    elif figsize is not None:
        fit_fonts(figure_of(axes))
    return axes


def _draw(ax: Axes, rows: dict[str, np.ndarray], written: dict[str, str], colors: dict[str, str]) -> None:
    """Draw the densities from top to bottom, each in front of the one above, at the same scale of area."""
    known = {name: values[np.isfinite(values)] for name, values in rows.items()}
    everything = np.concatenate([*known.values(), np.zeros(0)])
    low, high = (everything.min(), everything.max()) if everything.size else (0.0, 1.0)
    margin = 0.04 * (high - low) or 0.5
    grid = np.linspace(low - margin, high + margin, 300)
    densities = {name: _density(values, grid) for name, values in known.items()}
    for row, (name, density) in enumerate(densities.items()):
        top = density.max()
        y = row - density / top * OVERLAP * 0.9 if top > 0 else np.full(len(grid), float(row))
        ax.fill_between(grid, row, y, facecolor=colors[name], alpha=0.85, linewidth=0, zorder=2 + row)
        ax.plot(grid, y, color=background(ax), linewidth=1.4, zorder=2 + row)
        ax.plot(grid, np.full(len(grid), row), color=text_color(), linewidth=0.4, zorder=2 + row)
        if known[name].size:
            median = np.median(known[name])
            ax.plot([median, median], [row, row - 0.22], color=text_color(), linewidth=1.2, zorder=3 + row)
    ax.set_ylim(len(rows) - 0.7, -OVERLAP)
    ax.set_xlim(grid[0], grid[-1])
    ax.set_yticks(range(len(rows)), list(written.values()), fontsize="small")
    ax.tick_params(axis="y", length=0)
    ax.tick_params(axis="x", labelsize="small")
    ax.locator_params(axis="x", nbins=4)
    ax.grid(visible=False)
    ax.spines[["left", "right", "top"]].set_visible(False)


def _density(values: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Gaussian kernel density, with a narrow kernel if the values do not vary; zero without values."""
    if not values.size:
        return np.zeros(len(grid))
    span = grid[-1] - grid[0]
    spread = values.std(ddof=1) if len(values) > 1 else 0.0
    width = max(spread * len(values) ** -0.2, span / 100)
    kernel = np.zeros(len(grid))
    counts, edges = np.histogram(values, bins=600, range=(grid[0], grid[-1]))
    centers = (edges[1:] + edges[:-1]) / 2
    full = counts > 0
    kernel = np.exp(-0.5 * ((grid[:, None] - centers[full]) / width) ** 2) @ counts[full]
    density: np.ndarray = kernel / (len(values) * width * np.sqrt(2 * np.pi))
    return density
