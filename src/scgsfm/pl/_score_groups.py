from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from scgsfm._scanpy import import_scanpy

from ._cluster_brackets import spread_out
from ._figure import add_notes, note_lines, notes_height
from ._finish import MIN_FONT, figure_of, fit_inside, grow_to_fit, halves, slot_of, thin_out
from ._set_labels import set_labels
from ._style import faded, group_colors, text_color
from ._toolkit import shorten, shortened, subplot_spec

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from anndata import AnnData
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    Scale = Literal["var", "group", "zscore", "none"]

OWN_FIGURE = {"heatmap", "tracksplot"}
"""Kinds that scanpy draws into a new figure only."""
LEGEND = 1.25
"""Width of the legends beside the main plot in inches."""
LONG_NAME = 12
"""Sets whose names are longer are listed on the vertical axis, where names are horizontal."""
SCALES = {
    "none": "",
    "var": "\n(0–1 per set)",
    "group": "\n(0–1 per group)",
    "zscore": "\n(z-score per set)",
}


def score_groups(
    scored: AnnData,
    groupby: str,
    kind: str,
    *,
    brackets: dict[str, list[str]] | None,
    label: str,
    notes: Sequence[str],
    scale: Scale,
    cutoff: float | None,
    ax: Axes | None,
    figsize: tuple[float, float] | None,
    options: dict[str, Any],
) -> Axes:
    """Draw groups × sets by the classes of scanpy, which get the options."""
    from matplotlib.ticker import MaxNLocator

    sc = import_scanpy()

    names = scored.var_names.tolist()
    groups = list(map(str, scored.obs[groupby].cat.categories))
    # scanpy cuts the names of brackets that stand on the right
    is_long = not brackets and max(map(len, set_labels(names, 999, 1)[1])) > LONG_NAME
    options = {"swap_axes": is_long} | options
    options |= {"figsize": figsize, "show": False}
    dendrogram = options.get("dendrogram", False)
    # scanpy computes a named one that does not exist, or says why it can't
    options["dendrogram"] = dendrogram_of(scored, groupby, dendrogram=dendrogram) or (
        dendrogram is not True and dendrogram
    )
    if kind in OWN_FIGURE:
        options["swap_axes"] = kind == "heatmap" and options["swap_axes"]
        if kind == "tracksplot":
            del options["swap_axes"]
    kept = [] if ax is None else figure_of(ax).axes
    slot = None if ax is None else slot_of(ax)
    if ax is not None:
        subplot_spec(ax)
        options["ax"] = ax
    drawn = brackets or names
    if kind == "heatmap":
        axes = _cells(sc.pl.heatmap, scored, drawn, groupby, scale, label, {"show_gene_labels": True} | options)
    elif kind == "tracksplot":
        axes = _cells(sc.pl.tracksplot, scored, drawn, groupby, scale, label, options)
    else:
        function = {"matrixplot": sc.pl.matrixplot, "dotplot": sc.pl.dotplot, "violin": sc.pl.stacked_violin}[kind]
        ready = _ready(scored, groupby, kind, scale, cutoff, label)
        axes = function(scored, drawn, groupby, return_fig=True, **ready | options).get_axes()
    main: Axes = axes.get("mainplot_ax") or axes.get("heatmap_ax") or axes["track_axes"][0]
    figure = figure_of(main)
    if "color_legend_ax" in axes:
        axes["color_legend_ax"].xaxis.set_major_locator(MaxNLocator(3))
    size = figsize if slot is None else slot.size * figure.get_size_inches()
    _rename(figure.axes, names, groups, groupby, size)
    if slot is not None:
        add_notes([main], notes, own=False)
        _fit(axes, [other for other in figure.axes if other is ax or other not in kept], slot)
    else:
        _fit_figure(axes, figure, notes, is_sized=figsize is not None)
    _separate_groups(axes, groups)
    return main


def _fit_figure(axes: dict[str, Any], figure: Figure, notes: Sequence[str], *, is_sized: bool) -> None:
    """Make space in a figure of a given size, or give it the size of what was drawn; with notes at the bottom."""
    from matplotlib.transforms import Bbox

    if is_sized:
        below = notes_height(notes, figure.get_figwidth()) / figure.get_figheight()
        _fit(axes, figure.axes, Bbox.from_extents(0.01, 0.01 + below, 0.99, 0.99))
    else:
        _widen_legends(axes, figure)
        grow_to_fit(figure)
        if notes:
            grow_to_fit(figure, below=notes_height(notes, figure.get_figwidth()))
    if notes:
        text = "\n".join(note_lines(notes, figure.get_figwidth()))
        figure.text(0.01, 0.01, text, va="bottom", ha="left", fontsize="small", color=faded(0.75))


def _widen_legends(axes: dict[str, Any], figure: Figure) -> None:
    """Legends beside a dendrogram would be narrower than their texts."""
    from matplotlib.transforms import Bbox

    for name, ax in axes.items():
        box = ax.get_position() if "legend" in name else None
        width = LEGEND / figure.get_figwidth()
        if box is not None and box.width < width:
            ax.set_position(Bbox.from_bounds(box.x0, box.y0, width, box.height))


def _separate_groups(axes: dict[str, Any], groups: Sequence[str]) -> None:
    """Names of groups next to the strip of their colors, such that those of small groups do not overlap."""
    ax = axes.get("groupby_ax")
    if ax is None:
        return
    if len(groups) == 1:  # which scanpy does not name
        ax.set_xticks([sum(ax.get_xlim()) / 2], [shorten(groups[0])])
        ax.tick_params(labelbottom=True, bottom=False)
        return
    is_below = ax.get_position().width > ax.get_position().height
    axis, box, dpi = ax.xaxis if is_below else ax.yaxis, ax.get_window_extent(), figure_of(ax).dpi
    texts = axis.get_ticklabels()
    low, high = sorted(axis.get_view_interval())
    unit = (high - low) / (box.width if is_below else box.height) * dpi / 72  # per point
    size = min(float(texts[0].get_fontsize()), (high - low) / unit / len(texts) / 1.15)
    order = np.argsort(axis.get_majorticklocs())
    ticks, names = axis.get_majorticklocs()[order], [texts[i].get_text() for i in order]
    heights = np.full(len(ticks), max(size, MIN_FONT) * 1.15 * unit)
    rotation = texts[0].get_rotation()
    axis.set_ticks(spread_out(ticks, heights, low, high), names, fontsize=max(size, MIN_FONT), rotation=rotation)


def _fit(axes: dict[str, Any], drawn: list[Axes], slot: Any) -> None:
    """Fit the main plot into the left of a place, and the legends into its right, for which they need a width."""
    legends = [ax for name, ax in axes.items() if "legend" in name]
    if figure_of(drawn).get_layout_engine() is not None or not legends:
        fit_inside(drawn, slot)
        return
    for ax in legends:
        ax.title.set_fontsize("x-small")
        ax.tick_params(labelsize="x-small")
    width = figure_of(drawn).get_figwidth() * slot.width
    main, beside = halves(slot, 1 - min(LEGEND / width, 0.45))
    fit_inside([ax for ax in drawn if ax not in legends], main)
    fit_inside(legends, beside, fill=False)
    if "size_legend_ax" in axes:
        _shrink_dots(axes["mainplot_ax"], axes["size_legend_ax"])
        _thin_numbers(axes["size_legend_ax"])


def _thin_numbers(legend: Axes) -> None:
    """Write every second number of the sizes, or fewer, where they would overlap."""
    texts = legend.get_xticklabels()
    space = legend.get_window_extent().width / max(len(texts), 1)
    widest = max((text.get_window_extent().width for text in texts), default=0.0)
    step = int(np.ceil(1.15 * widest / max(space, 1)))
    kept = [text.get_text() if (len(texts) - 1 - i) % max(step, 1) == 0 else "" for i, text in enumerate(texts)]
    legend.set_xticklabels(kept)


def _shrink_dots(main: Axes, legend: Axes) -> None:
    """Make the dots smaller where they would overlap, and those of the legend with them."""
    box = main.get_window_extent()
    fields = [box.width / len(main.get_xticks()), box.height / len(main.get_yticks())]
    space = 0.95 * min(fields) / figure_of(main).dpi * 72
    points: list[Any] = [points for ax in (main, legend) for points in ax.collections if hasattr(points, "get_sizes")]
    largest = max((each.get_sizes().max(initial=0) for each in points), default=0) or 1
    for each in points:
        each.set_sizes(each.get_sizes() * min(space**2 / largest, 1))


def dendrogram_of(scored: AnnData, groupby: str, *, dendrogram: bool | str) -> str | None:
    """Key of the dendrogram of the groups: a computed one that is named, or one of the scores that are drawn, or none."""
    if dendrogram is not True:
        return dendrogram if dendrogram and dendrogram in scored.uns else None
    if scored.obs[groupby].nunique() < 2:
        return None
    sc = import_scanpy()

    names = scored.var_names.tolist()
    # two sets are the least that correlate
    by = {"var_names": names} if len(names) > 1 else {"use_rep": None}
    sc.tl.dendrogram(scored, groupby, key_added="dendrogram_scores", cor_method="pearson", **by)
    return "dendrogram_scores"


def _means(scored: AnnData, groupby: str, scale: Scale) -> pd.DataFrame:
    means = scored.to_df().groupby(scored.obs[groupby], observed=True).mean()
    if scale == "none":
        return means
    if scale == "zscore":
        return (means - means.mean()) / means.std(ddof=0).replace(0, 1)
    axis: Any = 1 if scale == "group" else 0
    low, high = means.min(axis=axis), means.max(axis=axis)
    shifted = means.sub(low, axis="index" if axis else "columns")
    return shifted.div((high - low).replace(0, 1), axis="index" if axis else "columns")


def _limits(means: pd.DataFrame, scale: Scale) -> dict[str, Any]:
    values = means.to_numpy()
    known = values[np.isfinite(values)]
    if scale != "zscore":
        return {"cmap": "viridis"} | (
            {"vmin": known.min(), "vmax": known.max()} if 0 < known.size < values.size else {}
        )
    limit = np.abs(known).max(initial=0) or 1
    return {"cmap": "RdBu_r", "vmin": -limit, "vmax": limit}


def _ready(scored: AnnData, groupby: str, kind: str, scale: Scale, cutoff: float | None, label: str) -> dict[str, Any]:
    """Options of the classes of scanpy: values, and what the legends say."""
    if kind == "violin":
        _scale_cells(scored, scale)
        medians = scored.to_df().groupby(scored.obs[groupby], observed=True).median()
        style = {"linewidth": 0.4, "edgecolor": faded(0.8)} | _limits(medians, "none")
        return {"colorbar_title": f"median {label}{SCALES[scale]}", **style}
    means = _means(scored, groupby, scale)
    colors = {"colorbar_title": f"mean {label}{SCALES[scale]}", **_limits(means, scale)}
    if kind == "matrixplot":
        return {"values_df": means, **colors}
    table = scored.to_df()
    above = (table > (table.mean() if cutoff is None else cutoff)).groupby(scored.obs[groupby], observed=True).mean()
    size = "cells above the\nmean of all cells (%)" if cutoff is None else f"cells with a\nscore > {cutoff:g} (%)"
    return {"dot_color_df": means, "dot_size_df": above, "size_title": size, "edgecolor": text_color(), **colors}


def _cells(
    function: Any,
    scored: AnnData,
    drawn: Any,
    groupby: str,
    scale: Scale,
    label: str,
    options: dict[str, Any],
) -> dict[str, Any]:
    """A heat map or tracks of single cells, in the colors of their groups."""
    colors = group_colors(scored, groupby, list(scored.obs[groupby].cat.categories))
    scored.uns[f"{groupby}_colors"] = list(colors.values())
    _scale_cells(scored, scale)
    options = {"cmap": "viridis"} | options if function.__name__ == "heatmap" else options
    figsize = options.pop("figsize")
    n_sets, n_groups = scored.n_vars, len(colors)
    if figsize is None:
        lines = [len(line) for name in set_labels(scored.var_names, 50, 2)[1] for line in name.split("\n")]
        width = 9.4 - 0.06 * max(max(lines) - 22, 0)
        long = (width, max(0.28 * n_sets, 0.25) + 1.5) if function.__name__ == "heatmap" else (9.4, 0.45 * n_sets + 1.2)
        wide = (max(0.3 * n_sets, 1.5) + 2.5, max(0.35 * n_groups, 4.0))
        figsize = long if function.__name__ == "tracksplot" or options.get("swap_axes") else wide
    axes: dict[str, Any] = function(scored, drawn, groupby, figsize=figsize, **options)
    label = f"{label}{SCALES[scale]}"
    if "track_axes" in axes:
        for track in axes["track_axes"]:
            _scale_of_track(track, np.asarray(scored[:, track.get_ylabel()].X, float))
        axes["track_axes"][0].set_title(label.replace("\n", " "), fontsize="small", loc="left")
        return axes
    others = [ax for ax in figure_of(axes["heatmap_ax"]).axes if ax not in axes.values() and ax.axison]
    for bar in others:
        bar.set_ylabel(label.replace("\n", " "))
    return axes


def _scale_cells(scored: AnnData, scale: Scale) -> None:
    """Scale the scores of single cells in place."""
    if scale == "none":
        return
    table = scored.to_df().astype(float)  # whose reductions skip missing scores
    table = table.T if scale == "group" else table
    shift = table.mean() if scale == "zscore" else table.min()
    width = table.std(ddof=0) if scale == "zscore" else table.max() - shift
    scaled = (table - shift) / width.where(width > 0, 1)
    scored.X = (scaled.T if scale == "group" else scaled).to_numpy()


def _scale_of_track(ax: Axes, values: np.ndarray) -> None:
    """Mark the highest score of a track, which scanpy rounds to a whole number."""
    known = values[np.isfinite(values)]
    top = float(known.max(initial=0)) if known.size else 0.0
    ax.set_yticks([top] if top > 0 else [])
    ax.set_yticklabels([f"{top:.2g}"] if top > 0 else [], ha="left", va="top")


def _rename(axes: list[Axes], names: list[str], groups: list[str], groupby: str, size: Any) -> None:
    """Write the names of sets and groups so that they fit, on each axis that lists them; shorter in a given size."""
    wide = 50 if size is None else int(np.clip(6.5 * (size[0] - LEGEND), 14, 50))
    high = 32 if size is None else int(np.clip(6.5 * (size[1] - LEGEND), 14, 32))
    collection = set_labels(names, 999, 1)[0]
    tracks = dict(zip(names, set_labels(names, min(wide, 30), 2)[1], strict=True))
    for ax in axes:
        for axis, width, n_lines in ((ax.xaxis, high, 2), (ax.yaxis, wide, 2)):
            texts = [text.get_text() for text in axis.get_ticklabels()]
            if not texts or (axis is ax.xaxis and axis.get_label_text() == "" and not axis.get_visible()):
                continue
            if set(texts) <= set(names):
                written = dict(zip(names, set_labels(names, width, n_lines)[1], strict=True))
                axis.set_ticklabels([written[text] for text in texts], linespacing=0.95)
                axis.set_label_text(collection)
                thin_out(ax)
            elif set(texts) <= set(groups):
                axis.set_ticklabels(shortened(texts))
                axis.set_label_text(groupby.strip())
        if ax.get_ylabel() in names and len(ax.get_yticklabels()) <= 3:  # a track
            ax.set_ylabel(tracks[ax.get_ylabel()], rotation=0, ha="right", va="center")
            ax.yaxis.set_label_coords(-0.005, 0.4)
