from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ._shared import finish, labels, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes

NEEDED = ("gene", "term", "probability", "rank", "known", "auroc")
COLOURS = {"in the library": "#999999", "predicted": "#0072B2"}
"""By Okabe and Ito, told apart by everybody."""
PANELS = 4
"""Genes drawn without being named."""
PANELS_IN_A_ROW = 2
N_LABEL = 54
"""Characters of a term, at most."""


def predict_functions(
    table: pd.DataFrame,
    *,
    names: str | Sequence[str] | None = None,
    n_top: int = 10,
    ax: Axes | None = None,
    show: bool | None = None,
) -> Axes | list[Axes] | None:
    """Plot the terms that a gene set foundation model predicts for genes :cite:p:`Clarke2026`.

    A panel for each gene: its terms by rank from the top, their probability as dots, terms of which the library lists
    the gene in grey. On the right stands the term's AUROC: how well the model finds genes of it that it isn't told. A
    table by term has a panel for each term, with its genes.

    Parameters
    ----------
    table
        What :func:`~scgsfm.tl.predict_functions` returns or writes to ``uns``, or part of it.
    names
        Gene (or term, in a table by term) to draw, or several; by default all, if these are few enough for a plot.
    n_top
        How many terms (or genes) to show for each.
    ax
        Where to draw a single panel; a figure of a fitting size is made by default.
    show
        Show the figure now; else its axes are returned. By default as scanpy's ``settings.autoshow`` says.

    Returns
    -------
    ``None`` if the figure is shown, else its axes: a list for several panels.

    Raises
    ------
    KeyError
        If the table doesn't hold a name.
    ValueError
        If columns are missing, or there are too many panels to draw.

    Examples
    --------
    >>> import scgsfm
    >>> table = scgsfm.tl.predict_functions(["ISG15", "CD3D"], library="hallmark")
    >>> axes = scgsfm.pl.predict_functions(table, n_top=5, show=False)
    """
    missing = [column for column in NEEDED if column not in table]
    if missing:
        msg = (
            f"`table` lacks the columns {', '.join(missing)}: give what `scgsfm.tl.predict_functions` returns; it has "
            f"{', '.join(map(str, table))}."
        )
        raise ValueError(msg)
    by, of = ("term", "gene") if table.columns.get_loc("term") < table.columns.get_loc("gene") else ("gene", "term")
    chosen = _names(table[by], names, single=ax is not None)
    parts = [table[table[by] == name].nsmallest(n_top, "rank") for name in chosen]
    axes = _axes(len(chosen), max(map(len, parts))) if ax is None else [ax]
    for name, rows, axis in zip(chosen, parts, axes, strict=True):
        _draw(rows, of, axis)
        about = f" (AUROC {rows['auroc'].iloc[0]:.2f})" if by == "term" else ""
        axis.set_title(shorten(_plain(name)) + about, loc="left")
    if ax is None:
        axes[0].figure.legend(handles=_handles(), frameon=False, loc="outside lower center", ncols=2)
    else:
        ax.legend(handles=_handles(), frameon=False, loc="lower right")
    return finish(axes[0] if len(axes) == 1 else axes, show)


def _names(column: pd.Series, names: str | Sequence[str] | None, *, single: bool) -> list[str]:
    there = column.unique().tolist()
    chosen = there if names is None else [names] if isinstance(names, str) else list(names)
    if unknown := [name for name in chosen if name not in there]:
        msg = f"`table` doesn't hold {unknown[0]!r}; it holds {len(there)} {column.name}s, such as {there[:3]}."
        raise KeyError(msg)
    most = 1 if single else PANELS if names is None else len(chosen)
    if not 1 <= len(chosen) <= most:
        msg = f"There are {len(chosen)} {column.name}s to draw, but at most {most} fit: name them by `names`."
        raise ValueError(msg)
    return chosen


def _axes(n_panels: int, n_rows: int) -> list[Axes]:
    import matplotlib.pyplot as plt

    n_columns = min(n_panels, PANELS_IN_A_ROW)
    shape = -(-n_panels // n_columns), n_columns
    size = (7.0 * n_columns, shape[0] * (0.22 * n_rows + 0.9) + 0.3)
    _, axes = plt.subplots(*shape, figsize=size, layout="constrained", squeeze=False)
    for spare in axes.flat[n_panels:]:
        spare.remove()
    return list(axes.flat[:n_panels])


def _draw(rows: pd.DataFrame, of: str, axis: Axes) -> None:
    place = range(len(rows))
    colours = [COLOURS["in the library" if known else "predicted"] for known in rows["known"]]
    axis.hlines(place, 0, rows["probability"], color=colours, linewidth=1.6)
    axis.scatter(rows["probability"], place, color=colours, s=36, zorder=2, clip_on=False)
    axis.set_yticks(place, labels([_plain(name) for name in rows[of]], N_LABEL)[1])
    axis.set_ylim(len(rows) - 0.4, -0.6)
    axis.set_xlim(0, rows["probability"].max() * 1.05)
    axis.tick_params(axis="y", length=0)
    axis.set_xlabel("probability")
    axis.spines[["top", "right"]].set_visible(False)
    if of == "term":
        told = ["AUROC", *("–" if auroc != auroc else f"{auroc:.2f}" for auroc in rows["auroc"])]
        for y, text in enumerate(told, start=-1):
            where = axis.get_yaxis_transform()
            axis.text(1.04, y, text, transform=where, va="center", fontsize="small", color="#555555")


def _plain(name: str) -> str:
    """The name of a term without its id at the end."""
    return re.sub(r" \(GO:\d+\)$", "", name)


def _handles() -> list:
    from matplotlib.lines import Line2D

    return [Line2D([], [], color=colour, marker="o", label=label) for label, colour in COLOURS.items()]
