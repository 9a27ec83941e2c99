from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from scgsfm import _keys

from ._shared import finish, labels, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anndata import AnnData
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection

NEEDED = ("group", "term", "score", "padj", "n_found", "n_hits")
MOST_LOG = 10.0
"""Adjusted p-values below 1e-10 are all drawn alike."""
LARGEST = 150.0
"""Area of the largest dot, in square points."""
WIDTH = 34
"""Characters in a line of a term's name; two lines are drawn."""


def enrich(
    data: AnnData | pd.DataFrame,
    groups: str | Sequence[str] | None = None,
    *,
    n_terms: int = 5,
    terms: Sequence[str] | None = None,
    size: Literal["padj", "share"] = "padj",
    max_padj: float = 0.05,
    key: str | None = None,
    cmap: str | None = None,
    ax: Axes | None = None,
    show: bool | None = None,
    **kwargs: Any,
) -> Axes | None:
    """Plot the terms that groups are enriched for as dots.

    A column for each group, a row for each term that is among the first of any group. Colour is the score, size the
    adjusted p-value or the share of the term's genes that were hit. A ring marks what is significant.

    Parameters
    ----------
    data
        Cells with a result of :func:`~scgsfm.tl.enrich`, or the table that it returns.
    groups
        Name of a group, or several; by default all.
    n_terms
        How many significant terms of each group to show, those with the highest positive scores by p-value.
    terms
        Which terms to show instead.
    size
        ``"padj"`` draws dots of an area proportional to -log10 of the adjusted p-value, ``"share"`` to the share
        ``n_hits / n_found``.
    max_padj
        Adjusted p-value below which a term is significant.
    key
        Key of the result in ``uns``, if it was written with ``key_added``.
    cmap
        Name of a colour map; by default a sequential one, or a diverging one if a significant score is negative.
    ax
        Where to draw; a figure of a fitting size is made by default.
    show
        Show the figure now; else its axes are returned. By default as scanpy's ``settings.autoshow`` says.
    **kwargs
        Passed on to :meth:`matplotlib.axes.Axes.scatter`.

    Returns
    -------
    ``None`` if the figure is shown, else its axes.

    Raises
    ------
    KeyError
        If there is no such result, group or term.
    ValueError
        If columns are missing, or there is nothing to draw.

    Examples
    --------
    >>> import scgsfm
    >>> genes = {"interferon": ["ISG15", "IFIT1", "IFIT3", "MX1", "OAS1"], "T cell": ["CD3D", "CD3E", "CD2", "LCK"]}
    >>> axes = scgsfm.pl.enrich(scgsfm.tl.enrich(genes, library="hallmark"), show=False)
    """
    if size not in {"padj", "share"}:
        msg = f"`size` is {size!r}, but must be 'padj' or 'share'."
        raise ValueError(msg)
    table = _table(data, key)
    columns = _chosen(table, "group", groups)
    rows = _first(table, columns, n_terms, max_padj) if terms is None else _chosen(table, "term", terms)
    dots = table[table["group"].isin(columns) & table["term"].isin(rows)].copy()
    dots["x"] = pd.Index(columns).get_indexer(dots["group"])
    dots["y"] = pd.Index(rows).get_indexer(dots["term"])
    dots["log"] = -np.log10(np.maximum(dots["padj"], 10**-MOST_LOG))
    dots["share"] = dots["n_hits"] / dots["n_found"]
    if ax is None:
        ax = _axes(len(columns), len(rows))
    _draw(dots, size, max_padj, cmap, ax, **kwargs)
    _name(ax, columns, rows)
    return finish(ax, show)


def _table(data: AnnData | pd.DataFrame, key: str | None) -> pd.DataFrame:
    from anndata import AnnData

    key = key or _keys.ENRICH
    if isinstance(data, AnnData):
        if key not in data.uns:
            msg = f"There is no `uns[{key!r}]`: run `scgsfm.tl.enrich` first, or name the `key` of its result."
            raise KeyError(msg)
        data = data.uns[key]
    missing = [column for column in NEEDED if column not in data]
    if missing:
        msg = f"The table lacks the columns {', '.join(missing)}: give what `scgsfm.tl.enrich` returns."
        raise ValueError(msg)
    return data


def _chosen(table: pd.DataFrame, column: str, names: str | Sequence[str] | None) -> list[str]:
    there = table[column].unique().tolist()
    if names is None:
        return there
    chosen = [names] if isinstance(names, str) else list(dict.fromkeys(names))
    if unknown := [name for name in chosen if name not in there]:
        msg = f"The table has no {column} {unknown[0]!r}; it has {len(there)}, such as {there[:3]}."
        raise KeyError(msg)
    if not chosen:
        msg = f"`{column}s` is empty: name one or several, or leave it out."
        raise ValueError(msg)
    return chosen


def _first(table: pd.DataFrame, groups: list[str], n_terms: int, max_padj: float) -> list[str]:
    """Terms that are among the first of any group, by group."""
    if n_terms < 1:
        msg = f"`n_terms` is {n_terms}, but must be at least 1."
        raise ValueError(msg)
    up = table[(table["score"] > 0) & (table["padj"] < max_padj)].sort_values("pvalue", kind="stable")
    first = [up.loc[up["group"] == group, "term"].head(n_terms) for group in groups]
    rows = pd.unique(pd.concat(first)).tolist()
    if not rows:
        msg = f"No term has an adjusted p-value below {max_padj:g} and a positive score: raise `max_padj` or name `terms`."
        raise ValueError(msg)
    return rows


def _axes(n_groups: int, n_terms: int) -> Axes:
    import matplotlib.pyplot as plt

    _, ax = plt.subplots(figsize=(0.36 * n_groups + 5.0, max(0.32 * n_terms + 1.4, 2.8)), layout="constrained")
    return ax


def _draw(dots: pd.DataFrame, size: str, max_padj: float, cmap: str | None, ax: Axes, **kwargs: Any) -> None:
    values = dots["log"] if size == "padj" else dots["share"]
    scale = LARGEST / max(values.max(), np.finfo(float).tiny)
    limit = dots["score"].abs().max()
    signed = ((dots["score"] < 0) & (dots["padj"] < max_padj)).any()
    options = {
        "cmap": cmap or ("RdBu_r" if signed else "viridis_r"),
        "vmin": -limit if signed else 0,
        "vmax": limit,
        "edgecolors": ["black" if padj < max_padj else "none" for padj in dots["padj"]],
        "linewidths": 0.7,
        "zorder": 2,
    }
    points = ax.scatter(dots["x"], dots["y"], s=values * scale, c=dots["score"], **options | kwargs)
    colours = ax.figure.colorbar(points, ax=ax, label="score", shrink=0.5, aspect=12, anchor=(0, 0))
    colours.outline.set_visible(False)
    _legend(points, scale, size, ax)


def _legend(points: PathCollection, scale: float, size: str, ax: Axes) -> None:
    handles, texts = points.legend_elements("sizes", num=4, color="#777777", func=lambda area: np.asarray(area) / scale)
    title = "-log10 padj" if size == "padj" else "share of genes"
    ax.legend(
        handles, texts, title=title, frameon=False, loc="upper left", bbox_to_anchor=(1.01, 1.02), borderaxespad=0,
        labelspacing=0.8,
    )  # fmt: skip


def _name(ax: Axes, groups: list[str], terms: list[str]) -> None:
    prefix, names = labels(terms, n=500)
    wrapped = ["\n".join(_lines(name.replace("_", " "))) for name in names]
    ax.set_xticks(range(len(groups)), labels(groups)[1], rotation=90)
    ax.set_yticks(range(len(terms)), wrapped, linespacing=0.9, fontsize="small")
    ax.set_xlim(-0.6, len(groups) - 0.4)
    ax.set_ylim(len(terms) - 0.4, -0.6)
    ax.set_ylabel(prefix.rstrip("_"))
    ax.tick_params(length=0)
    ax.grid(color="#eeeeee", zorder=0)
    ax.spines[:].set_visible(False)
    ax.set_axisbelow(True)


def _lines(name: str) -> list[str]:
    """The name in at most two lines."""
    lines = textwrap.wrap(name, WIDTH)
    return lines if len(lines) <= 2 else [lines[0], shorten(" ".join(lines[1:]), WIDTH)]
