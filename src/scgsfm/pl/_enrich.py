from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from scgsfm import _keys
from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._messages import check_choice

from ._finish import finish
from ._select_terms import MAX_GROUPS, Selection, score_name, select_terms, term_numbers
from ._term_bars import LEAST as BAR_PANEL
from ._term_bars import draw_bars
from ._term_dots import draw_dots, rows_that_fit
from ._term_panels import MAX_PANELS, panels_that_fit
from ._term_volcano import LEAST as VOLCANO_PANEL
from ._term_volcano import draw_volcanoes
from ._toolkit import choose, result_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from anndata import AnnData
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = ("group", "term", "score", "padj", "n_found", "n_hits")
N_TERMS = {"dot": 5, "bar": 10, "volcano": 8}
"""Kinds of plots, and the number of terms of each group that are drawn or labeled by default."""


@checks_types
@doc_params
def enrich(
    data: AnnData | pd.DataFrame,
    groups: str | Sequence[str] | None = None,
    *,
    kind: Literal["dot", "bar", "volcano"] = "dot",
    n_terms: int | None = None,
    terms: str | Sequence[str] | None = None,
    max_overlap: float | None = 0.8,
    size: Literal["padj", "share"] = "padj",
    max_padj: float = 0.05,
    key: str | None = None,
    cmap: Any = None,
    figsize: tuple[float, float] | None = None,
    ax: Axes | None = None,
    show: bool | None = None,
    save: str | Path | bool | None = None,
    return_fig: bool = False,
    **kwargs: Any,
) -> Axes | list[Axes] | Figure | None:
    """Plot the enriched terms of groups as dots, bars or volcanoes.

    ``kind="dot"`` has a column for each group, and a row for each of their top terms. The color of a dot is the score, and
    its size the adjusted p-value or the fraction of the genes of the term that are hits. Significant terms have a ring.
    ``kind="bar"`` has a panel for each group: the length of a bar is the score, and its color the adjusted p-value.
    ``kind="volcano"`` shows all terms of each group by score and adjusted p-value, and labels the top terms.

    If no term is significant, the terms with the lowest p-values are drawn, and the figure says so. The same holds for
    groups and terms that are too many for a figure: those with the lowest p-values are drawn.

    Parameters
    ----------
    data
        AnnData with a result of :func:`~scgsfm.tl.enrich`, or the table that it returns.
    groups
        One or several groups to plot. By default, all are plotted if they fit.
    kind
        ``"dot"``, ``"bar"`` or ``"volcano"``.
    n_terms
        Number of terms to plot for each group: significant terms with a positive score, by p-value; for bars and
        volcanoes of rankings, also those with a negative score. Defaults to 5 for dots, 10 for bars and 8 labels of a
        volcano.
    terms
        One or several terms to plot (or to label) instead.
    max_overlap
        Terms are left out whose hits overlap those of a better term of the same group with a higher Jaccard index.
        ``None`` keeps all terms.
    size
        For dots, with ``"padj"``, the area increases with -log10 of the adjusted p-value, and with ``"share"`` with
        ``n_hits / n_found``. P-values far below the others have the same area, as the legend states.
    max_padj
        Adjusted p-value up to which a term is significant.
    key
        Key of the result in ``uns``, if ``key_added`` was used.
    cmap
        Color map. For dots, it defaults to a sequential one, or to a diverging one if a significant score is negative.
    figsize
        {figsize}
    ax
        {ax} For bars and volcanoes, a single group is drawn.
    show
        {show}
    save
        {save}
    return_fig
        {return_fig}
    **kwargs
        Passed to :meth:`matplotlib.axes.Axes.scatter` or, for bars, to ``matplotlib.axes.Axes.barh``.

    Returns
    -------
    ``None`` if the plot is shown, the figure if ``return_fig=True``, else the axes (a list for several panels).

    Raises
    ------
    KeyError
        If the result, a group or a term does not exist.
    ValueError
        If columns are missing, or a parameter is out of range.

    Examples
    --------
    >>> import scgsfm
    >>> genes = {"interferon": ["ISG15", "IFIT1", "IFIT3", "MX1", "OAS1"], "T cell": ["CD3D", "CD3E", "CD2", "LCK"]}
    >>> axes = scgsfm.pl.enrich(scgsfm.tl.enrich(genes, library="hallmark"), show=False)
    """
    check_choice("kind", kind, N_TERMS)
    check_choice("size", size, ("padj", "share"))
    table = result_table(data, key or _keys.ENRICH, COLUMNS, "enrich")
    columns = choose(table["group"].unique().tolist(), groups, noun="group", argument="groups")
    named = None if terms is None else choose(table["term"].unique().tolist(), terms, noun="term", argument="terms")
    score = score_name(table, _mode(data, key or _keys.ENRICH))
    options: dict[str, Any] = {"max_padj": max_padj, "max_overlap": max_overlap, **term_numbers(n_terms, N_TERMS[kind])}
    axes: Axes | list[Axes]
    space: dict[str, Any]
    if kind == "dot":
        options = {"max_rows": rows_that_fit(figsize, ax), **options}
        options["max_groups"] = MAX_GROUPS if groups is None else None
        chosen = Selection(columns, named, []) if named else select_terms(table, "term", columns, **options)
        space = {"cmap": cmap, "figsize": figsize, "ax": ax, "style": kwargs, "notes": chosen.notes}
        axes = draw_dots(table, chosen, "term", chosen.terms, score=score, size=size, max_padj=max_padj, **space)
    else:
        draw, least = (draw_bars, BAR_PANEL) if kind == "bar" else (draw_volcanoes, VOLCANO_PANEL)
        space = {
            "figsize": figsize,
            "ax": ax,
            "max_panels": panels_that_fit(figsize, least) if groups is None else MAX_PANELS,
        }
        axes = draw(table, columns, named, options, score=score, cmap=cmap, style=kwargs, **space)
    return finish(axes, show, save=save, return_fig=return_fig, name="enrich")


def _mode(data: Any, key: str) -> str | None:
    """The mode in which the result in ``uns[key]`` was computed."""
    if isinstance(data, pd.DataFrame):
        return None
    mode: str | None = data.uns.get(_keys.UNS, {}).get(key, {}).get("mode")
    return mode
