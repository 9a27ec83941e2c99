from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from scgsfm._docs import doc_params

from ._toolkit import (
    GREY,
    MAX_PANELS,
    OKABE_ITO,
    check_columns,
    check_panels,
    choose,
    finish,
    labels,
    legend_handles,
    panels,
    rank_axis,
    shorten,
    with_names,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes

COLUMNS = ("gene", "term", "probability", "rank", "known", "auroc")
COLORS = {"in the library": GREY, "predicted": OKABE_ITO[0]}
N_COLUMNS = 2
"""Panels in a row."""
MAX_LENGTH = 54
"""Maximum number of characters of a term."""


@doc_params
def predict_functions(
    table: pd.DataFrame,
    *,
    names: str | Sequence[str] | None = None,
    n_top: int = 10,
    ax: Axes | None = None,
    show: bool | None = None,
) -> Axes | list[Axes] | None:
    """Plot the terms that are predicted for genes :cite:p:`Clarke2026`.

    Each gene has a panel with its top-ranked terms from top to bottom and their probabilities as dots. Terms that the
    library lists for the gene are grey. The AUROC of each term, on the right, measures how well held-out genes of the
    term are ranked. A table by term has a panel for each term, with its genes.

    Parameters
    ----------
    table
        Result of :func:`~scgsfm.tl.predict_functions`, returned or in ``uns``, or part of it.
    names
        One or several genes (or terms, for a table by term) to plot. By default, all are plotted if there are at most
        four.
    n_top
        Number of terms (or genes) to plot in each panel.
    ax
        {ax} It requires a single gene or term.
    show
        {show}

    Returns
    -------
    ``None`` if the plot is shown, else the axes (a list for several panels).

    Raises
    ------
    KeyError
        If the table does not contain a name.
    ValueError
        If columns are missing, or there are too many panels.

    Examples
    --------
    >>> import scgsfm
    >>> table = scgsfm.tl.predict_functions(["ISG15", "CD3D"], library="hallmark")
    >>> axes = scgsfm.pl.predict_functions(table, n_top=5, show=False)
    """
    check_columns(table, COLUMNS, "predict_functions")
    table = with_names(table)
    by_term = table.columns.get_loc("term") < table.columns.get_loc("gene")
    by, other = ("term", "gene") if by_term else ("gene", "term")
    chosen = choose(table[by].unique().tolist(), names, noun=by, argument="names")
    check_panels(len(chosen), 1 if ax is not None else MAX_PANELS if names is None else None, noun=by, argument="names")
    parts = [table[table[by] == name].nsmallest(n_top, "rank") for name in chosen]
    height = 0.22 * max(map(len, parts)) + 0.9
    axes = panels(len(chosen), N_COLUMNS, (7.0, height), (0, 0.3)) if ax is None else [ax]
    for name, rows, axis in zip(chosen, parts, axes, strict=True):
        _draw(rows, other, axis)
        auroc = f" (AUROC {rows['auroc'].iloc[0]:.2f})" if by_term else ""
        axis.set_title(shorten(_without_id(name)) + auroc, loc="left")
    handles = legend_handles(COLORS, line=True)
    if ax is None:
        axes[0].figure.legend(handles=handles, frameon=False, loc="outside lower center", ncols=2)
    else:
        ax.legend(handles=handles, frameon=False, loc="lower right")
    return finish(axes[0] if len(axes) == 1 else axes, show)


def _draw(rows: pd.DataFrame, column: str, ax: Axes) -> None:
    y = range(len(rows))
    colors = [COLORS["in the library" if known else "predicted"] for known in rows["known"]]
    ax.hlines(y, 0, rows["probability"], color=colors, linewidth=1.6)
    ax.scatter(rows["probability"], y, color=colors, s=36, zorder=2, clip_on=False)
    ax.set_xlim(0, rows["probability"].max() * 1.05)
    rank_axis(ax, labels([_without_id(name) for name in rows[column]], MAX_LENGTH)[1])
    if column == "term":
        column_of_aurocs = ["AUROC", *("–" if math.isnan(auroc) else f"{auroc:.2f}" for auroc in rows["auroc"])]
        for row, text in enumerate(column_of_aurocs, start=-1):
            options: dict[str, Any] = {
                "transform": ax.get_yaxis_transform(),
                "va": "center",
                "fontsize": "small",
                "color": "#555555",
            }
            ax.text(1.04, row, text, **options)


def _without_id(name: str) -> str:
    """The name of a term without the ID at its end."""
    return re.sub(r" \(GO:\d+\)$", "", name)
