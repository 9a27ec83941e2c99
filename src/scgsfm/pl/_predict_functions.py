from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._messages import check_at_least

from ._finish import finish
from ._probability_rows import (
    PREDICTED,
    ROW,
    draw_rows,
    known_color,
    legend_of,
    odds_limits,
    places_of,
    select_panels,
    settle,
)
from ._style import faded
from ._term_dots import text_width
from ._term_labels import in_lines, term_labels, without_id
from ._term_panels import panels_that_fit
from ._toolkit import check_columns, choose, columns_that_fit, with_names

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ._figure import Place

COLUMNS = ("gene", "term", "probability", "rank", "known", "auroc")
N_COLUMNS = 2
"""Panels in a row."""
LEAST = (2.8, 2.2)
"""Width and height that a panel needs in a figure of given size, in inches."""


@checks_types
@doc_params
def predict_functions(
    table: pd.DataFrame,
    *,
    names: str | Sequence[str] | None = None,
    n_top: int = 10,
    figsize: tuple[float, float] | None = None,
    ax: Axes | None = None,
    show: bool | None = None,
    save: str | Path | bool | None = None,
    return_fig: bool = False,
) -> Axes | list[Axes] | Figure | None:
    """Plot the terms that are predicted for genes :cite:p:`Clarke2026`.

    Each gene has a panel with its top-ranked terms, in the order of their probabilities, which are drawn on an axis of
    log odds that all panels share. Terms that the library lists for the gene are grey. The AUROC of each term, on the
    right, measures how well held-out genes of the term are ranked. A table by term has a panel for each term, with its
    genes.

    Parameters
    ----------
    table
        Result of :func:`~scgsfm.tl.predict_functions`, returned or in ``uns``, or part of it.
    names
        One or several genes (or terms, for a table by term) to plot. By default, the first four are plotted.
    n_top
        Number of terms (or genes) to plot in each panel.
    figsize
        {figsize}
    ax
        {ax} A single gene or term is drawn, the first by default.
    show
        {show}
    save
        {save}
    return_fig
        {return_fig}

    Returns
    -------
    ``None`` if the plot is shown, the figure if ``return_fig=True``, else the axes (a list for several panels).

    Raises
    ------
    KeyError
        If the table does not contain a name.
    ValueError
        If columns are missing, or there is no row.

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
    check_at_least("n_top", n_top, 1)
    chosen = choose(table[by].unique().tolist(), names, noun=by, argument="names")
    fits: dict[str, Any] = {"fits": panels_that_fit(figsize, LEAST), "given": ax is not None}
    chosen, note = select_panels(chosen, chosen=names is not None, noun=by, argument="names", **fits)
    parts = [table[table[by] == name].nsmallest(n_top, "rank") for name in chosen]
    parts = [rows.sort_values("probability", ascending=False, kind="stable") for rows in parts]
    n_columns = columns_that_fit(len(chosen), N_COLUMNS, LEAST, figsize)
    width = 44 if figsize is None else int(np.clip(7 * figsize[0] / n_columns, 12, 44))
    shown = [
        term_labels(rows[other].tolist(), width, 2)[1] if other == "term" else rows[other].tolist() for rows in parts
    ]
    places = _places(shown, other, note, figsize, ax)
    colors = {"in the library": known_color(places[0].ax), "predicted": PREDICTED}
    limits = odds_limits([rows["probability"] for rows in parts])
    for place, rows, name, each in zip(places, parts, chosen, shown, strict=True):
        marks = [colors["in the library" if known else "predicted"] for known in rows["known"]]
        draw_rows(place.ax, rows["probability"], marks, each, limits)
        auroc = f" (AUROC {rows['auroc'].iloc[0]:.2f})" if by_term else ""
        title = in_lines(without_id(name) + auroc, min(34 if by_term else 60, width), 3)
        place.ax.set_title(title, loc="left", fontsize="medium")
        if not by_term:
            _write_aurocs(place.ax, rows["auroc"])
    axes = [place.ax for place in places]
    legend_of(places[0], axes, colors, note)
    settle(places, [sum(label.count("\n") + 1 for label in each) + len(each) * 0.3 for each in shown])
    drawn = axes[0] if len(axes) == 1 else axes
    return finish(drawn, show, save=save, return_fig=return_fig, name="predict_functions")


def _places(shown: list[list[str]], other: str, note: str, figsize: Any, ax: Axes | None) -> list[Place]:
    """Panels in the size of their labels."""
    lines = max(label.count("\n") + 1 for each in shown for label in each)
    height = (0.14 * lines + 0.08 if lines > 1 else ROW) * max(map(len, shown)) + 0.9
    width = max(text_width([label for each in shown for label in each]) + 2.6 + 0.5 * (other == "term"), 3.6)
    return places_of(len(shown), N_COLUMNS, (width, height), (0.2, 0.4 + bool(note) * 0.25), figsize, ax)


def _write_aurocs(ax: Axes, aurocs: pd.Series) -> None:
    """A column of numbers on the right of the axes."""
    beside: dict[str, Any] = {
        "transform": ax.get_yaxis_transform(),
        "va": "center",
        "ha": "left",
        "fontsize": "small",
        "color": faded(0.75, ax),
    }
    texts = ["AUROC", *("–" if math.isnan(auroc) else f"{auroc:.2f}" for auroc in aurocs)]
    for row, text in enumerate(texts, start=-1):
        ax.text(1.03, row, text, **beside)
