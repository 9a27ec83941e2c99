from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
from ._set_labels import title_length
from ._term_labels import term_labels
from ._term_panels import panels_that_fit
from ._toolkit import check_columns, choose, columns_that_fit, with_names

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = ("set", "gene", "probability", "rank", "known")
N_COLUMNS = 4
"""Panels in a row."""
LEAST = (1.6, 2.2)
"""Width and height that a panel needs in a figure of given size, in inches."""


@checks_types
@doc_params
def complete_sets(
    table: pd.DataFrame,
    *,
    sets: str | Sequence[str] | None = None,
    n_genes: int = 20,
    figsize: tuple[float, float] | None = None,
    ax: Axes | None = None,
    show: bool | None = None,
    save: str | Path | bool | None = None,
    return_fig: bool = False,
) -> Axes | list[Axes] | Figure | None:
    """Plot the top-ranked genes of completed gene sets :cite:p:`Clarke2026`.

    Each set has a panel with its top-ranked genes from top to bottom and their probabilities, on an axis of log odds that
    all panels share: low and high probabilities can be distinguished. Genes that the set already contains are grey.

    Parameters
    ----------
    table
        Result of :func:`~scgsfm.tl.complete_sets`, or part of it.
    sets
        One or several sets to plot. By default, the first four are plotted.
    n_genes
        Number of genes to plot for each set.
    figsize
        {figsize}
    ax
        {ax} A single set is drawn, the first by default.
    show
        {show}
    save
        {save}
    return_fig
        {return_fig}

    Returns
    -------
    ``None`` if the plot is shown, the figure if ``return_fig=True``, else the axes (a list for several sets).

    Raises
    ------
    KeyError
        If the table does not contain a set.
    ValueError
        If columns are missing, or there is no set.

    Examples
    --------
    >>> import scgsfm
    >>> table = scgsfm.tl.complete_sets({"interferon": ["ISG15", "IFIT1", "IFIT3", "MX1", "OAS1"]})
    >>> axes = scgsfm.pl.complete_sets(table, show=False)
    """
    check_columns(table, COLUMNS, "complete_sets")
    table = with_names(table)
    check_at_least("n_genes", n_genes, 1)
    names = choose(table["set"].unique().tolist(), sets, noun="set", argument="sets")
    fits: dict[str, Any] = {"fits": panels_that_fit(figsize, LEAST, N_COLUMNS), "given": ax is not None}
    names, note = select_panels(names, chosen=sets is not None, noun="set", argument="sets", **fits)
    parts = [table[table["set"] == name].nsmallest(n_genes, "rank") for name in names]
    size = (2.9, ROW * max(map(len, parts)) + 0.75)
    places = places_of(len(names), N_COLUMNS, size, (0.2, 0.4 + bool(note) * 0.25), figsize, ax)
    colors = {"in the set": known_color(places[0].ax), "predicted": PREDICTED}
    width = title_length(figsize, columns_that_fit(len(names), N_COLUMNS, size, figsize), 30, 0.45)
    titles = term_labels(names, width, 3, prefix="")[1]
    limits = odds_limits([rows["probability"] for rows in parts])
    for place, rows, title in zip(places, parts, titles, strict=True):
        marks = [colors["in the set" if known else "predicted"] for known in rows["known"]]
        draw_rows(place.ax, rows["probability"], marks, rows["gene"].tolist(), limits)
        place.ax.set_title(title, loc="left", fontsize="small" if place.is_narrow else "medium")
    axes = [place.ax for place in places]
    legend_of(places[0], axes, colors, note)
    settle(places, [len(rows) for rows in parts])
    drawn = axes[0] if len(axes) == 1 else axes
    return finish(drawn, show, save=save, return_fig=return_fig, name="complete_sets")
