"""The tab of the cells: the embedding colored by a set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ._cell_image import ramp_gradient
from ._elements import (
    Column,
    TagList,
    as_bar,
    as_count,
    as_number,
    download,
    names,
    nice,
    note,
    panel,
    picture,
    table_of,
    tags,
)
from ._functions_tab import search_results
from ._tab import Tab

if TYPE_CHECKING:
    from ._query import Query
    from ._state import State
    from ._workspace import Workspace

LOW, HIGH = 0.01, 0.99
"""Quantiles of the scores at the ends of the colors."""
MAX_LABELS = 40


def content(work: Workspace, state: State) -> Any:
    """The cells by score and by group, and the mean score of each group."""
    query = work.query(state.query)
    if query.kind == "search":
        return search_results(state, query)
    has_groups = bool(work.data.groups)
    parts = [_groups(work, state)] if has_groups else []
    if query.kind == "empty":
        return TagList(
            tags.div(*parts, class_="maps"), note("Enter a gene, a term or a list of genes to color the cells.")
        )
    scored = work.scored(query, expand=state.expand)
    said = f"{scored.n_listed - len(scored.missing)} of {scored.n_listed} genes in the data"
    said += f", {scored.added} added by the model" if scored.added else ""
    said += f" · not in the data: {names(scored.missing, 8)}" if scored.missing else ""
    parts.insert(0, _scores(work, state, query, scored.scores))
    if has_groups:
        parts.append(_means(work, state, scored.scores))
    return TagList(tags.h2(nice(query.name), tags.small(said)), tags.div(*parts, class_="maps"), download(state))


def _scores(work: Workspace, state: State, query: Query, values: np.ndarray) -> Any:
    low, high = (float(v) for v in np.nanquantile(values, [LOW, HIGH]))
    if high <= low:
        low, high = float(np.nanmin(values)), float(np.nanmax(values))
    png = work.image(state.basis).draw_values(values, low=low, high=high)
    bar = tags.div(
        tags.span(f"{low:.2f}"),
        tags.span(class_="ramp", style=f"background:{ramp_gradient()}"),
        tags.span(f"{high:.2f}"),
        class_="legend",
    )
    method = "AUCell of the completed set" if state.expand else "AUCell"
    drawn = tags.div(picture(png, f"Cells by the score of {query.name}"), class_="map")
    return panel("Score", drawn, bar, about=f"{method}: genes of the set among the top 5 % of a cell")


def _groups(work: Workspace, state: State) -> Any:
    column = work.data.column(state.groupby)
    groups = work.data.grouping(state.groupby)
    categories, codes = [str(name) for name in groups.categories], np.asarray(groups.codes, np.int64)
    colors = work.data.colors(column)
    image = work.image(state.basis)
    png = work.kept(("groups", state.basis, column), lambda: image.draw_groups(codes, colors))
    places = work.kept(("places", state.basis, column), lambda: image.label_places(codes, len(categories)))
    labels = [
        tags.span(name, class_="label", style=_within(name, x, y))
        for name, (x, y) in zip(categories, places, strict=True)
        if np.isfinite(x) and len(categories) <= MAX_LABELS
    ]
    drawn = tags.div(picture(png, f"Cells by {column}"), *labels, class_="map")
    return panel(column, drawn, about=f"{len(categories)} groups of {work.data.n_cells:,} cells")


def _within(name: str, x: float, y: float) -> str:
    """The place of a label, such that it does not leave the picture."""
    half = f"{0.27 * len(name):.1f}em"
    return f"left:clamp({half},{100 * x:.1f}%,100% - {half});top:{100 * y:.1f}%"


def _means(work: Workspace, state: State, values: np.ndarray) -> Any:
    found = work.scores_by_group(values, state.groupby)
    columns = {
        "group": Column("group", str),
        "cells": Column("cells", as_count, "number"),
        "mean": Column("mean score", as_bar(max(float(found["mean"].max()), 1e-9)), "number"),
        "auroc": Column("AUROC", as_number(2), "number", "How well the score separates the group from all other cells"),
    }
    return panel(
        "By group", table_of(found, columns), about="AUROC: 1 if all cells of the group score above all others"
    )


def table(work: Workspace, state: State) -> pd.DataFrame:
    """The score of each cell, with its group."""
    query = work.query(state.query)
    scored = work.scored(query, expand=state.expand)
    frame = pd.DataFrame({"cell": work.data.adata.obs_names.astype(str), "score": scored.scores})
    if work.data.groups:
        frame[work.data.column(state.groupby)] = np.asarray(work.data.grouping(state.groupby))
    return frame


TAB = Tab("cells", "Cells", content, table, needs_query=False)
