from __future__ import annotations

from typing import TYPE_CHECKING

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
    with_names,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes

COLUMNS = ("set", "gene", "probability", "rank", "known")
COLORS = {"in the set": GREY, "predicted": OKABE_ITO[0]}
N_COLUMNS = 4
"""Panels in a row."""


@doc_params
def complete_sets(
    table: pd.DataFrame,
    *,
    sets: str | Sequence[str] | None = None,
    n_genes: int = 20,
    ax: Axes | None = None,
    show: bool | None = None,
) -> Axes | list[Axes] | None:
    """Plot the top-ranked genes of completed gene sets :cite:p:`Clarke2026`.

    Each set has a panel with its top-ranked genes from top to bottom and their probabilities as bars. Genes that the set
    already contains are grey.

    Parameters
    ----------
    table
        Result of :func:`~scgsfm.tl.complete_sets`, or part of it.
    sets
        One or several sets to plot. By default, all sets are plotted if there are at most four.
    n_genes
        Number of genes to plot for each set.
    ax
        {ax} It requires a single set.
    show
        {show}

    Returns
    -------
    ``None`` if the plot is shown, else the axes (a list for several sets).

    Raises
    ------
    KeyError
        If the table does not contain a set.
    ValueError
        If columns are missing, or there are too many sets.

    Examples
    --------
    >>> import scgsfm
    >>> table = scgsfm.tl.complete_sets({"interferon": ["ISG15", "IFIT1", "IFIT3", "MX1", "OAS1"]})
    >>> axes = scgsfm.pl.complete_sets(table, show=False)
    """
    check_columns(table, COLUMNS, "complete_sets")
    table = with_names(table)
    names = choose(table["set"].unique().tolist(), sets, noun="set", argument="sets")
    check_panels(len(names), 1 if ax is not None else MAX_PANELS if sets is None else None, noun="set", argument="sets")
    axes = panels(len(names), N_COLUMNS, (2.6, 0.19 * n_genes + 0.9), (1.4, 0)) if ax is None else [ax]
    for name, title, axis in zip(names, labels(names, 26)[1], axes, strict=True):
        _draw(table[table["set"] == name].nsmallest(n_genes, "rank"), axis)
        axis.set_title(title)
    if ax is None:  # a legend inside one panel would make it narrower than the others
        axes[0].figure.legend(handles=legend_handles(COLORS), frameon=False, loc="outside right upper")
    else:
        ax.legend(handles=legend_handles(COLORS), frameon=False, loc="lower right")
    return finish(axes[0] if len(axes) == 1 else axes, show)


def _draw(rows: pd.DataFrame, ax: Axes) -> None:
    colors = rows["known"].map({True: COLORS["in the set"], False: COLORS["predicted"]})
    ax.barh(range(len(rows)), rows["probability"], color=colors.tolist(), height=0.75)
    ax.set_xlim(0, None)
    rank_axis(ax, rows["gene"].tolist())
