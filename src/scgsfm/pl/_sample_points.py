"""Draw the mean scores of samples as points, over the distribution of the scores of their cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from anndata import AnnData

from scgsfm import _keys
from scgsfm._adata import groups
from scgsfm._logging import logger
from scgsfm.comparison import ALL_CELLS
from scgsfm.get import compare

from ._figure import Place, legend_below
from ._finish import MIN_FONT
from ._set_labels import CAPITAL, wrap
from ._style import background, faded, palette, text_color
from ._toolkit import labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

WIDTH = 0.8
"""Part of the width of a cell type that its conditions take."""
MAX_CELLS = 20_000
"""Cells of a distribution that are used to draw it."""
CONDITION = 0.42
"""Width of a condition, in inches."""
CHARACTER, MAX_LABEL = 0.075, 1.1
"""Width of a character of a cell type, and the width to which cell types are spread for their names, in inches."""


def draw_samples(
    data: AnnData | pd.DataFrame,
    key: str,
    table: pd.DataFrame,
    cell_types: Sequence[str],
    named: Sequence[str] | None,
    *,
    figsize: tuple[float, float] | None,
    ax: Axes | None,
    style: dict[str, Any],
) -> Axes:
    """Draw one set: the samples of each cell type and condition.

    Parameters
    ----------
    data
        AnnData with the result.
    key
        Key of the result.
    table
        The table of the result.
    cell_types
        Cell types to draw.
    named
        The set; by default, that with the lowest p-value or, without p-values, the largest effect.
    figsize, ax
        Size of a new figure, or axes to draw on.
    style
        Options of the points.
    """
    if not isinstance(data, AnnData):
        msg = "`kind='samples'` needs the AnnData that `scgsfm.tl.compare` was called with: a table lacks the samples."
        raise TypeError(msg)
    if named is not None and len(named) > 1:
        msg = f"`kind='samples'` draws one set, but `terms` has {len(named)}: call it once for each, with `ax`."
        raise ValueError(msg)
    rows = table[table["cell_type"].isin(list(cell_types))]
    name = named[0] if named else _top_set(rows)
    means = compare(data, list(cell_types), sets=name, samples=True, key=key)
    conditions = [each for each in means["condition"].cat.categories if each in set(means["condition"])]
    cells = _cells(data, key, name)
    n = len(conditions)
    longest = CHARACTER * max(len(each) for each in labels(list(cell_types))[1]) + 0.15
    size = (max(max(CONDITION * n, min(longest, MAX_LABEL)) * len(cell_types) + 2.2, 3.6), 3.6)
    place = Place.of(ax, figsize, size)
    colors = dict(zip(conditions, palette(n), strict=True))
    step = WIDTH / n
    joined = False
    for i, cell_type in enumerate(cell_types):
        positions = {each: i + (j - (n - 1) / 2) * step for j, each in enumerate(conditions)}
        part = means[means["cell_type"].astype(str) == cell_type]
        if cells is not None:
            _draw_cells(place.ax, cells[cells["cell_type"] == cell_type], positions, colors, 0.9 * step)
        joined |= _draw_points(place.ax, part, positions, colors, 0.5 * step, style)
    width = 34 if not place.is_sized else int((place.ax.figure.get_figwidth() - 0.7) / CAPITAL)  # type: ignore[union-attr]
    _finish_axes(place.ax, wrap(name, width, 2), name, cell_types, rows if n == 2 else rows.iloc[:0])
    _legend(place, colors, has_cells=cells is not None, joined=joined)
    if longest > place.drawn_width() / len(cell_types):
        place.ax.tick_params(axis="x", labelrotation=90)
    place.settle()
    _fit_texts(place, len(cell_types))
    return place.ax


def _top_set(rows: pd.DataFrame) -> str:
    size = rows["standardized_effect"].abs()
    best = np.lexsort((-size.fillna(0), rows["pvalue"].fillna(1)))[0]
    return str(rows["set"].iloc[best])


def _cells(adata: AnnData, key: str, name: str) -> pd.DataFrame | None:
    """Score, cell type and condition of all cells, if the scores that were compared are stored."""
    record = adata.uns.get(_keys.UNS, {}).get(key, {})
    is_of_cells = record.get("aggregate", "scores") == "scores"
    where = record.get("scores") or (_keys.score(str(record.get("method"))) if is_of_cells else None)
    scored = adata.obsm.get(where) if where else None
    original = adata.uns.get(_keys.UNS, {}).get(where, {}).get("set_names")
    if not isinstance(scored, pd.DataFrame) or record.get("condition") not in adata.obs:
        logger.info("cells are not drawn, since their scores are not stored: run `scgsfm.tl.score` and compare its key")
        return None
    names = [str(each) for each in (scored.columns if original is None else original)]
    if name not in names:
        return None
    cells = pd.DataFrame({"score": scored.iloc[:, names.index(name)].to_numpy()}, index=adata.obs_names)
    cells["condition"] = groups(adata, record["condition"]).to_numpy()
    groupby = record.get("groupby")
    cells["cell_type"] = ALL_CELLS if groupby is None else groups(adata, groupby).to_numpy()
    return cells.dropna()


def _draw_cells(
    ax: Axes, cells: pd.DataFrame, positions: dict[str, float], colors: dict[str, str], width: float
) -> None:
    for condition, position in positions.items():
        scores = cells.loc[cells["condition"] == condition, "score"].to_numpy()
        if len(scores) < 3 or np.ptp(scores) == 0:
            continue
        scores = scores[:: -(-len(scores) // MAX_CELLS)]
        drawn: Any = ax.violinplot(scores, [position], widths=width, showextrema=False)
        for body in drawn["bodies"]:
            body.set(facecolor=colors[condition], alpha=0.25, edgecolor="none", zorder=1)


def _draw_points(
    ax: Axes,
    means: pd.DataFrame,
    positions: dict[str, float],
    colors: dict[str, str],
    width: float,
    style: dict[str, Any],
) -> bool:
    """Points of samples side by side in the order of their names, their mean, and lines between those of a donor.

    Returns whether there are such lines.
    """
    x = np.full(len(means), np.nan)
    condition = means["condition"].astype(str).to_numpy()
    values = means["mean"].to_numpy()
    for name, position in positions.items():
        members = np.flatnonzero(condition == name)
        if not len(members):
            continue
        x[members] = position + width * np.linspace(-0.5, 0.5, len(members)) * (len(members) > 1)
        ax.hlines(
            values[members].mean(), position - 0.7 * width, position + 0.7 * width, color=text_color(), lw=1.2, zorder=3
        )
    joined = False
    if "donor" in means:
        for donor in means["donor"].unique():
            of_donor = np.flatnonzero((means["donor"] == donor).to_numpy())
            of_donor = of_donor[np.argsort(x[of_donor])]
            joined |= len(of_donor) > 1
            ax.plot(x[of_donor], values[of_donor], color=faded(0.5, ax), lw=0.7, zorder=2)
    plain: dict[str, Any] = {"s": 22, "edgecolors": background(ax), "linewidths": 0.6, "zorder": 4}
    ax.scatter(x, values, **plain | {"c": [colors[name] for name in condition]} | style)
    return joined


def _finish_axes(ax: Axes, title: str, name: str, cell_types: Sequence[str], rows: pd.DataFrame) -> None:
    ax.set_xticks(range(len(cell_types)), labels(list(cell_types))[1], fontsize="small")
    ax.set_xlim(-0.5, len(cell_types) - 0.5)
    ax.set_ylabel("score")
    ax.set_title(title, loc="left", fontsize="medium")
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(axis="x", length=0)
    found = rows[rows["set"] == name].set_index("cell_type")["padj"]
    for i, cell_type in enumerate(cell_types):
        padj = found.get(cell_type, np.nan)
        if np.isfinite(padj):
            ax.text(
                i, 1.0, padj_text(padj), transform=ax.get_xaxis_transform(), ha="center", va="top", fontsize="small"
            )
    if found.notna().any():
        low, high = ax.get_ylim()
        ax.set_yticks([tick for tick in ax.get_yticks() if low <= tick <= high])  # none beside the text
        ax.set_ylim(low, high + 0.12 * (high - low))
        ax.annotate("padj", (0, 1), (-4, 0), "axes fraction", "offset points", ha="right", va="top", fontsize="small")


def padj_text(padj: float) -> str:
    """A short text for an adjusted p-value."""
    return f"{padj:.2g}" if padj >= 0.001 else f"{padj:.0e}"


def _fit_texts(place: Place, n_types: int) -> None:
    """Make the p-values smaller where they would overlap."""
    ax = place.ax
    space = place.drawn_width() / n_types
    widths = [text.get_window_extent().width / ax.figure.figure.dpi for text in ax.texts[:n_types]]
    widest = max(widths, default=0.0) + 0.06
    if widest > space:
        for text in ax.texts[:n_types]:
            text.set_fontsize(max(float(text.get_fontsize()) * space / widest, MIN_FONT))


def _legend(place: Place, colors: dict[str, str], *, has_cells: bool, joined: bool) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    ax = place.ax
    dots: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 5}
    handles: list[Any] = [Line2D([], [], color=color, label=name, **dots) for name, color in colors.items()]
    handles.append(Line2D([], [], color=text_color(), lw=1.2, label="mean of samples"))
    if joined:
        handles.append(Line2D([], [], color=faded(0.5, ax), lw=0.7, label="same donor"))
    if has_cells:
        handles.append(Patch(color=faded(0.3, ax), label="cells"))
    options: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0), "borderaxespad": 0.2}
    if place.is_narrow:
        legend_below(ax.figure, handles)
    else:
        ax.legend(handles=handles, frameon=False, fontsize="small", **options)
