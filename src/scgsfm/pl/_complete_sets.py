from __future__ import annotations

from typing import TYPE_CHECKING

from ._shared import finish, labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes

NEEDED = ("set", "gene", "probability", "rank", "known")
COLOURS = {"of the set": "#999999", "predicted": "#0072B2"}
"""By Okabe and Ito, told apart by everybody."""
PANELS = 4
"""Panels in a row, and sets drawn without being named."""


def complete_sets(
    table: pd.DataFrame,
    *,
    sets: str | Sequence[str] | None = None,
    n_genes: int = 20,
    ax: Axes | None = None,
    show: bool | None = None,
) -> Axes | list[Axes] | None:
    """Plot the genes that a gene set foundation model ranks highest for sets :cite:p:`Clarke2026`.

    A panel for each set: genes by rank from the top, their probability as bars, genes that the set lists in grey.

    Parameters
    ----------
    table
        What :func:`~scgsfm.tl.complete_sets` returns, or part of it.
    sets
        Name of a set, or several; by default all, if these are few enough for a plot.
    n_genes
        How many genes to show of each set.
    ax
        Where to draw a single set; a figure of a fitting size is made by default.
    show
        Show the figure now; else its axes are returned. By default as scanpy's ``settings.autoshow`` says.

    Returns
    -------
    ``None`` if the figure is shown, else its axes: a list for several sets.

    Raises
    ------
    KeyError
        If the table doesn't hold a set.
    ValueError
        If columns are missing, or there are too many sets to draw.

    Examples
    --------
    >>> import scgsfm
    >>> table = scgsfm.tl.complete_sets({"interferon": ["ISG15", "IFIT1", "IFIT3", "MX1", "OAS1"]})
    >>> axes = scgsfm.pl.complete_sets(table, show=False)
    """
    missing = [column for column in NEEDED if column not in table]
    if missing:
        msg = (
            f"`table` lacks the columns {', '.join(missing)}: give what `scgsfm.tl.complete_sets` returns; it has "
            f"{', '.join(map(str, table))}."
        )
        raise ValueError(msg)
    names = _names(table, sets, single=ax is not None)
    axes = _axes(len(names), n_genes) if ax is None else [ax]
    for name, title, axis in zip(names, labels(names, 26)[1], axes, strict=True):
        _draw(table[table["set"] == name].nsmallest(n_genes, "rank"), axis)
        axis.set_title(title)
    axes[-1].legend(handles=_handles(), frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return finish(axes[0] if len(axes) == 1 else axes, show)


def _names(table: pd.DataFrame, sets: str | Sequence[str] | None, *, single: bool) -> list[str]:
    there = table["set"].unique().tolist()
    if sets is not None:
        names = [sets] if isinstance(sets, str) else list(sets)
        if unknown := [name for name in names if name not in there]:
            msg = f"`table` doesn't hold {unknown[0]!r}; it holds {len(there)} sets, such as {there[:3]}."
            raise KeyError(msg)
    else:
        names = there
    most = 1 if single else PANELS if sets is None else len(names)
    if not 1 <= len(names) <= most:
        msg = f"There are {len(names)} sets to draw, but at most {most} fit: name them by `sets`."
        raise ValueError(msg)
    return names


def _axes(n_sets: int, n_genes: int) -> list[Axes]:
    import matplotlib.pyplot as plt

    n_columns = min(n_sets, PANELS)
    n_rows = -(-n_sets // n_columns)
    size = (2.6 * n_columns + 1.4, n_rows * (0.19 * n_genes + 0.9))
    _, axes = plt.subplots(n_rows, n_columns, figsize=size, layout="constrained", squeeze=False)
    for spare in axes.flat[n_sets:]:
        spare.remove()
    return list(axes.flat[:n_sets])


def _draw(rows: pd.DataFrame, axis: Axes) -> None:
    colours = rows["known"].map({True: COLOURS["of the set"], False: COLOURS["predicted"]})
    axis.barh(range(len(rows)), rows["probability"], color=colours.tolist(), height=0.75)
    axis.set_yticks(range(len(rows)), rows["gene"])
    axis.set_ylim(len(rows) - 0.4, -0.6)
    axis.set_xlim(0, None)
    axis.tick_params(axis="y", length=0)
    axis.set_xlabel("probability")
    axis.spines[["top", "right"]].set_visible(False)


def _handles() -> list:
    from matplotlib.patches import Patch

    return [Patch(color=colour, label=label) for label, colour in COLOURS.items()]
