from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from scgsfm import _keys

from ._dots import MOST_LOG, draw_dots, first_of_groups, name_dots, new_axes, result_table
from ._shared import finish, labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anndata import AnnData
    from matplotlib.axes import Axes

NEEDED = ("group", "term", "score", "padj", "n_found", "n_hits")


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
    table = result_table(data, key or _keys.ENRICH, NEEDED, "enrich")
    columns = _chosen(table, "group", groups)
    rows = _first(table, columns, n_terms, max_padj) if terms is None else _chosen(table, "term", terms)
    dots = table[table["group"].isin(columns) & table["term"].isin(rows)].copy()
    dots["x"] = pd.Index(columns).get_indexer(dots["group"])
    dots["y"] = pd.Index(rows).get_indexer(dots["term"])
    dots["log"] = -np.log10(np.maximum(dots["padj"], 10**-MOST_LOG))
    dots["share"] = dots["n_hits"] / dots["n_found"]
    if ax is None:
        ax = new_axes(len(columns), len(rows))
    _draw(dots, size, max_padj, cmap, ax, **kwargs)
    _name(ax, columns, rows)
    return finish(ax, show)


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
    up = table[(table["score"] > 0) & (table["padj"] < max_padj)].sort_values("pvalue", kind="stable")
    return first_of_groups(up, "term", groups, n_terms, max_padj)


def _draw(dots: pd.DataFrame, size: str, max_padj: float, cmap: str | None, ax: Axes, **kwargs: Any) -> None:
    limit = dots["score"].abs().max()
    signed = ((dots["score"] < 0) & (dots["padj"] < max_padj)).any()
    options = {
        "cmap": cmap or ("RdBu_r" if signed else "viridis_r"),
        "vmin": -limit if signed else 0,
        "vmax": limit,
    }
    sizes, title = (dots["log"], "-log10 padj") if size == "padj" else (dots["share"], "share of genes")
    draw_dots(dots, sizes, ax, max_padj=max_padj, title=title, label="score", options=options | kwargs)


def _name(ax: Axes, groups: list[str], terms: list[str]) -> None:
    prefix, names = labels(terms, n=500)
    name_dots(ax, groups, [name.replace("_", " ") for name in names])
    ax.set_ylabel(prefix.rstrip("_"))
