from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from scgsfm._scanpy import import_scanpy

from ._finish import figure_of, fit_inside, grow_to_fit, halves, slot_of
from ._set_labels import set_labels
from ._style import faded, group_colors, text_color
from ._toolkit import shorten, subplot_spec

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData
    from matplotlib.axes import Axes

    Scale = Literal["var", "group", "zscore", "none"]

OWN_FIGURE = {"heatmap", "tracksplot"}
"""Kinds that scanpy draws into a new figure only."""
LEGEND = 1.25
"""Width of the legends beside the main plot in inches, if the place is given."""
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
    _rename(figure.axes, names, groups, groupby)
    if slot is not None:
        _fit(axes, [other for other in figure.axes if other is ax or other not in kept], slot)
    elif figsize is None:
        grow_to_fit(figure)
    else:
        from matplotlib.transforms import Bbox

        fit_inside(figure.axes, Bbox.from_extents(0.01, 0.01, 0.99, 0.99), fill=False)
    return main


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


def _shrink_dots(main: Axes, legend: Axes) -> None:
    """Make the dots smaller where they would overlap, and those of the legend with them."""
    box = main.get_window_extent()
    fields = [box.width / len(main.get_xticks()), box.height / len(main.get_yticks())]
    space = 0.95 * min(fields) / figure_of(main).dpi * 72
    points: list[Any] = [points for ax in (main, legend) for points in ax.collections if hasattr(points, "get_sizes")]
    largest = max(points.get_sizes().max() for points in points)
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
        return ((means - means.mean()) / means.std(ddof=0)).replace([np.inf, -np.inf], np.nan).fillna(0)
    axis: Any = 1 if scale == "group" else 0
    low, high = means.min(axis=axis), means.max(axis=axis)
    shifted = means.sub(low, axis="index" if axis else "columns")
    return shifted.div((high - low).replace(0, 1), axis="index" if axis else "columns")


def _limits(means: pd.DataFrame, scale: Scale) -> dict[str, Any]:
    if scale != "zscore":
        return {"cmap": "viridis"}
    limit = means.abs().to_numpy().max() or 1
    return {"cmap": "RdBu_r", "vmin": -limit, "vmax": limit}


def _ready(scored: AnnData, groupby: str, kind: str, scale: Scale, cutoff: float | None, label: str) -> dict[str, Any]:
    """Options of the classes of scanpy: values, and what the legends say."""
    if kind == "violin":
        _scale_cells(scored, scale)
        style = {"cmap": "viridis", "linewidth": 0.4, "edgecolor": faded(0.8)}
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
        long = (9.4, max(0.28 * n_sets, 0.25) + 1.5) if function.__name__ == "heatmap" else (9.4, 0.45 * n_sets + 1.2)
        wide = (max(0.3 * n_sets, 1.5) + 2.5, max(0.35 * n_groups, 4.0))
        figsize = long if function.__name__ == "tracksplot" or options.get("swap_axes") else wide
    axes: dict[str, Any] = function(scored, drawn, groupby, figsize=figsize, **options)
    label = f"{label}{SCALES[scale]}"
    if "track_axes" in axes:
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
    values = np.asarray(scored.X, float)
    axis = 1 if scale == "group" else 0
    if scale == "zscore":
        shift, width = np.nanmean(values, axis, keepdims=True), np.nanstd(values, axis, keepdims=True)
    else:
        shift = np.nanmin(values, axis, keepdims=True)
        width = np.nanmax(values, axis, keepdims=True) - shift
    scored.X = (values - shift) / np.where(width > 0, width, 1)


def _rename(axes: list[Axes], names: list[str], groups: list[str], groupby: str) -> None:
    """Write the names of sets and groups so that they fit, on each axis that lists them."""
    collection = set_labels(names, 999, 1)[0]
    for ax in axes:
        for axis, width, n_lines in ((ax.xaxis, 32, 2), (ax.yaxis, 50, 2)):
            texts = [text.get_text() for text in axis.get_ticklabels()]
            if not texts or (width == 32 and axis.get_label_text() == "" and not axis.get_visible()):
                continue
            if set(texts) <= set(names):
                written = dict(zip(names, set_labels(names, width, n_lines)[1], strict=True))
                axis.set_ticklabels([written[text] for text in texts], linespacing=0.95)
                axis.set_label_text(collection)
            elif set(texts) <= set(groups):
                axis.set_ticklabels([shorten(text) for text in texts])
                axis.set_label_text(groupby.strip())
        if ax.get_ylabel() in names and len(ax.get_yticklabels()) <= 3:  # a track
            ax.set_ylabel(set_labels([ax.get_ylabel()], 30, 2)[1][0], rotation=0, ha="right", va="center")
            ax.yaxis.set_label_coords(-0.005, 0.4)
