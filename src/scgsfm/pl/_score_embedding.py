from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scgsfm._scanpy import import_scanpy

from ._figure import add_notes, note_lines
from ._finish import figure_of, fit_fonts, fit_inside, slot_of
from ._set_labels import set_labels, title_size
from ._toolkit import columns_that_fit, panels

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from anndata import AnnData
    from matplotlib.axes import Axes

    Limit = float | str | Callable[[Sequence[float]], float]

PANEL = 2.75, 2.4
"""Width and height of a panel in inches, so that four fit into a notebook."""
WIDTH = 24
"""Characters in a line of a title."""


def score_embedding(
    scored: AnnData,
    basis: str,
    *,
    label: str,
    notes: Sequence[str],
    n_columns: int,
    shared_scale: bool,
    limits: tuple[Limit | Sequence[Limit] | None, Limit | Sequence[Limit] | None],
    ax: Axes | None,
    figsize: tuple[float, float] | None,
    options: dict[str, Any],
) -> list[Axes]:
    """Draw a panel of the embedding for each set, by scanpy, with the color bar and the limits of the colors.

    A color bar ends in a triangle where scores exceed its limits.
    """
    sc = import_scanpy()

    scored.obs = scored.obs[[]]  # a column may have the name of a set
    names = scored.var_names.tolist()
    slot = None if ax is None else slot_of(ax)
    margin = (0.3, 0.2)
    n_columns = columns_that_fit(len(names), n_columns, PANEL, figsize, ax)
    axes = panels(len(names), n_columns, PANEL, margin, figsize, ax=ax)
    figure = figure_of(axes)
    table = scored.to_df()
    bounds = _bounds(table.to_numpy(), limits, shared_scale=shared_scale)
    width, height = figure.get_size_inches() * axes[0].get_position().size
    characters = WIDTH if ax is None and figsize is None else int(np.clip(WIDTH * width / PANEL[0], 12, WIDTH))
    titles = _per_panel(options.pop("title", None), len(names)) or set_labels(names, characters, 3)[1]
    # scanpy's size is made for panels of 30 square inches
    options = {"frameon": False, "size": 120_000 / max(scored.n_obs, 1) * min(1.3 * width * height / 30, 1)} | options
    bars = []
    for i, (name, panel) in enumerate(zip(names, axes, strict=True)):
        low, high = bounds[i]
        sc.pl.embedding(
            scored, basis, color=name, ax=panel, show=False, vmin=low, vmax=high, colorbar_loc=None, title="", **options
        )
        panel.set_title(titles[i], fontsize=title_size(titles))
        values = table[name].dropna()
        extend = {(True, True): "both", (True, False): "min", (False, True): "max", (False, False): "neither"}
        ends = extend[bool((values < low).any()), bool((values > high).any())]
        if not shared_scale:
            last = i == len(names) - 1 or (i + 1) % n_columns == 0
            bars.append(_bar(panel, [panel], ends, label if last else ""))
    if shared_scale:
        everything = table.to_numpy()
        beyond = bool((everything < bounds[0][0]).any()), bool((everything > bounds[0][1]).any())
        bars = [_bar(axes[-1], axes, extend[beyond], label)]
    if slot is None:
        add_notes(axes, notes, own=True)
    elif notes:  # below the first panel, which has no axes
        text = "\n".join(note_lines(notes, width))
        axes[0].text(0, -0.04, text, transform=axes[0].transAxes, va="top", fontsize="x-small")
    if slot is None and figsize is not None:
        fit_fonts(figure)
    if slot is not None and len(axes) == 1:
        fit_inside([*axes, *bars], slot)
    elif slot is not None:
        places = [slot_of(panel) for panel in axes]
        for i, (panel, place) in enumerate(zip(axes, places, strict=True)):
            fit_inside([panel] if shared_scale else [panel, bars[i]], place)
    return axes


def _bar(panel: Axes, beside: list[Axes], ends: str, label: str) -> Axes:
    points = next(collection for collection in panel.collections[::-1] if collection.get_array() is not None)
    bar = panel.figure.colorbar(
        points, ax=beside, extend=ends, label=label, fraction=0.06, pad=0.02, aspect=25, extendfrac=0.06
    )
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize="small", length=2)
    bar.locator = _few_ticks()
    bar.update_ticks()
    cax: Axes = bar.ax
    return cax


def _few_ticks() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(4)


def _per_panel(value: Any, n: int) -> list[Any] | None:
    if value is None:
        return None
    return [value] * n if isinstance(value, str) or not hasattr(value, "__len__") else [*value, *[value[-1]] * n][:n]


def _bounds(
    values: np.ndarray,
    limits: tuple[Limit | Sequence[Limit] | None, Limit | Sequence[Limit] | None],
    *,
    shared_scale: bool,
) -> list[tuple[float, float]]:
    """Lowest and highest color of each set. A set that all but a few cells lack has its whole range."""
    lows, highs = (_per_panel(limit, values.shape[1]) or [None] * values.shape[1] for limit in limits)
    bounds = []
    for column, low, high in zip(values.T, lows, highs, strict=True):
        known = column[np.isfinite(column)]
        known = known if known.size else np.zeros(1)
        bound = _limit(known, low, known.min()), _limit(known, high, known.max())
        if bound[0] >= bound[1] and not any(isinstance(limit, int | float) for limit in (low, high)):
            bound = float(known.min()), float(known.max())
        bounds.append(bound)
    if shared_scale:
        bounds = [(min(low for low, _ in bounds), max(high for _, high in bounds))] * len(bounds)
    return bounds


def _limit(values: np.ndarray, limit: Limit | None, default: float) -> float:
    """A limit as scanpy takes it: a number, a percentile such as ``"p99"``, or a function."""
    if limit is None:
        return float(default)
    if callable(limit):
        return float(limit(values))  # type: ignore[arg-type]
    if isinstance(limit, str):
        try:
            return float(np.percentile(values, float(limit.removeprefix("p"))))
        except ValueError:
            msg = f"`vmin` and `vmax` are numbers, functions, or percentiles such as 'p99', but one is {limit!r}."
            raise ValueError(msg) from None
    return float(limit)
