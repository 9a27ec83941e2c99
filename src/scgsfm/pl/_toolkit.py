"""The toolkit of the plots: names, axes, what to draw, dots."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scgsfm._adata import as_label, check_anndata
from scgsfm._logging import logger

from ._finish import finish
from ._style import OKABE_ITO, faded, text_color

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from anndata import AnnData
    from matplotlib.axes import Axes

__all__ = ["OKABE_ITO", "finish"]
GREY = "#999999"
MAX_LENGTH = 40
"""Maximum number of characters of a label."""
MAX_PANELS = 4
"""Maximum number of panels that are drawn if the user does not select any."""
MAX_LOG_P = 10.0
"""Adjusted p-values below 1e-10 have the same size."""
MAX_AREA = 150.0
"""Area of the largest dot, in square points."""
LINE_LENGTH = 34
"""Maximum number of characters in each of the two lines of a term."""


def labels(names: Sequence[str], length: int = MAX_LENGTH) -> tuple[str, list[str]]:
    """The common prefix of several names up to a ``_`` (``"HALLMARK_"``), and the rest of each name, shortened."""
    prefix = os.path.commonprefix(names) if len(names) > 1 else ""  # noqa: RUF071  character by character is intended
    prefix = prefix[: prefix.rfind("_") + 1]
    return prefix, [shorten(name.removeprefix(prefix), length) for name in names]


def shorten(name: str, length: int = MAX_LENGTH) -> str:
    """Replace the middle of a long name by …, since names of a library often share their beginning or end."""
    return name if len(name) <= length else f"{name[: length // 2]}…{name[len(name) - (length - 1) // 2 :]}"


def most_telling(
    telling: pd.Series, n: int, *, noun: str, reason: str = "vary most", argument: str | None = None
) -> list[str]:
    """The names of the ``n`` highest values, highest first; all names, in their order, if there are no more than ``n``.

    If some are left out, one line of the log says so.

    Parameters
    ----------
    telling
        A value of each name, such as its variance. Missing values come last.
    n
        Number of names that fit.
    noun
        What the names are, such as ``"set"``.
    reason
        Why those with the highest values are drawn.
    argument
        Argument to select others. By default, the noun with an s.
    """
    if len(telling) <= n:
        return list(telling.index)
    logger.info(
        "drew %d of %d %ss, those that %s; choose by `%s`", n, len(telling), noun, reason, argument or f"{noun}s"
    )
    return list(telling.sort_values(ascending=False, kind="stable", na_position="last").index[:n])


NAMES = ("group", "set", "term", "gene", "cell_type", "id")
"""Columns of names in the tables of ``tl`` functions."""


def with_names(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with strings in the columns of names. Names such as 0 are numbers after reading from CSV."""
    others = [name for name in NAMES if name in table and not _are_strings(table[name])]
    return table.assign(**{name: table[name].map(as_label, na_action="ignore") for name in others})


def _are_strings(column: pd.Series) -> bool:
    values = column.cat.categories if isinstance(column.dtype, pd.CategoricalDtype) else column
    return pd.api.types.infer_dtype(values, skipna=True) in {"string", "empty"}


def check_columns(table: pd.DataFrame, required: Sequence[str], function: str) -> None:
    """Raise if ``table`` is not the result of a ``tl`` function with these columns."""
    if not isinstance(table, pd.DataFrame):
        msg = f"A table is expected, the result of `scgsfm.tl.{function}`, but this is of type {type(table).__name__}."
        raise TypeError(msg)
    if missing := [column for column in required if column not in table]:
        msg = f"The table lacks the columns {', '.join(missing)}: pass the result of `scgsfm.tl.{function}`."
        raise ValueError(msg)


def result_table(data: AnnData | pd.DataFrame, key: str, required: Sequence[str], function: str) -> pd.DataFrame:
    """The result of a ``tl`` function, from ``uns`` or as it is, checked for its columns."""
    from anndata import AnnData

    if isinstance(data, AnnData):
        if key not in data.uns:
            msg = (
                f"There is no `uns[{key!r}]`: run `scgsfm.tl.{function}` first, or set `key` to the key of its result."
            )
            raise KeyError(msg)
        data = data.uns[key]
    elif not isinstance(data, pd.DataFrame):
        check_anndata(data, argument="data", writes=False)
    check_columns(data, required, function)
    return with_names(data)


def choose(available: Sequence[str], names: str | Sequence[str] | None, *, noun: str, argument: str) -> list[str]:
    """The requested names, without duplicates; by default, all that are available. Numbers and booleans are names, too."""
    if names is None:
        return list(available)
    requested = [names] if isinstance(names, str) or not isinstance(names, Iterable) else names
    chosen = list(dict.fromkeys(map(as_label, requested)))
    if unknown := [name for name in chosen if name not in available]:
        shown = ", ".join(map(repr, list(available)[:3]))
        msg = f"The table has no {noun} {unknown[0]!r}. It has {len(available)} {noun}s, such as {shown}."
        raise KeyError(msg)
    if not chosen:
        msg = f"`{argument}` is empty: give at least one {noun}, or omit it."
        raise ValueError(msg)
    return chosen


def check_basis(adata: AnnData, basis: str) -> None:
    """Raise ValueError if an embedding does not exist."""
    if basis not in adata.obsm and f"X_{basis}" not in adata.obsm:
        msg = (
            f"There is no embedding `basis={basis!r}`; `obsm` has: {', '.join(map(repr, adata.obsm)) or 'nothing'}. "
            "Compute one first, for example by `scanpy.tl.umap`."
        )
        raise ValueError(msg)


def check_panels(n_panels: int, max_panels: int | None, *, noun: str, argument: str) -> None:
    """Raise ValueError if there is nothing to draw, or too much for the axes or for a figure."""
    if n_panels < 1 or (max_panels is not None and n_panels > max_panels):
        msg = f"There are {n_panels} {noun}s to draw, but at most {max_panels} fit: select some by `{argument}`."
        raise ValueError(msg)


def panels(
    n_panels: int,
    n_columns: int,
    size: tuple[float, float],
    margin: tuple[float, float],
    figsize: tuple[float, float] | None = None,
) -> list[Axes]:
    """Axes of a new figure, in rows of ``n_columns``, with width and height of a panel and of the margin in inches.

    ``figsize`` replaces the size that follows from them.
    """
    import matplotlib.pyplot as plt

    n_columns = min(n_panels, n_columns)
    n_rows = -(-n_panels // n_columns)
    figsize = figsize or (size[0] * n_columns + margin[0], size[1] * n_rows + margin[1])
    _, axes = plt.subplots(n_rows, n_columns, figsize=figsize, layout="constrained", squeeze=False)
    for unused in axes.flat[n_panels:]:
        unused.remove()
    return list(axes.flat[:n_panels])


def rank_axis(ax: Axes, names: Sequence[str]) -> None:
    """List names from top to bottom, above an axis of probabilities."""
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel("probability")
    ax.spines[["top", "right"]].set_visible(False)


def legend_handles(colors: Mapping[str, str], *, line: bool = False) -> list[Any]:
    """Patches, or dots on lines, for a legend."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    if line:
        return [Line2D([], [], color=color, marker="o", label=label) for label, color in colors.items()]
    return [Patch(color=color, label=label) for label, color in colors.items()]


def top_rows(significant: pd.DataFrame, column: str, groups: Sequence[str], n_terms: int, max_padj: float) -> list[str]:
    """The first ``n_terms`` values of a column in each group, without duplicates."""
    if n_terms < 1:
        msg = f"`n_terms` is {n_terms}, but must be at least 1."
        raise ValueError(msg)
    first = [significant.loc[significant["group"] == group, column].head(n_terms) for group in groups]
    rows: list[str] = pd.unique(pd.concat(first)).tolist()
    if not rows:
        msg = (
            f"No term has an adjusted p-value below {max_padj:g} and a positive score: increase `max_padj`, or select "
            "`terms`."
        )
        raise ValueError(msg)
    return rows


def dots_of(table: pd.DataFrame, groups: Sequence[str], rows: Sequence[str], column: str) -> pd.DataFrame:
    """Rows of a table for the groups and rows of a dot plot, with their position and -log10 of the adjusted p-value."""
    dots = table[table["group"].isin(groups) & table[column].isin(rows)]
    return dots.assign(
        x=pd.Index(groups).get_indexer(dots["group"]),
        y=pd.Index(rows).get_indexer(dots[column]),
        log=-np.log10(np.clip(dots["padj"], 10**-MAX_LOG_P, 0.99)),
    )


def dot_axes(n_groups: int, n_terms: int, *, footer: float = 0.0, figsize: tuple[float, float] | None = None) -> Axes:
    """Axes of a new figure for a dot plot, with space for a footer in inches, or of ``figsize``."""
    import matplotlib.pyplot as plt

    height = max(0.34 * n_terms + 1.4, 2.8) + footer
    figsize = figsize or (0.36 * n_groups + 5.0, height)
    ax: Axes = plt.subplots(figsize=figsize, layout="constrained")[1]
    return ax


def draw_dots(
    dots: pd.DataFrame, sizes: pd.Series, ax: Axes, *, max_padj: float, title: str, label: str, options: dict[str, Any]
) -> None:
    """Draw dots in the color of their score, with a ring around significant ones, and the legends."""
    from matplotlib.lines import Line2D

    scale = MAX_AREA / max(sizes.max(), np.finfo(float).tiny)
    rings: dict[str, Any] = {
        "edgecolors": [text_color() if padj < max_padj else "none" for padj in dots["padj"]],
        "linewidths": 0.7,
        "zorder": 2,
    }
    points = ax.scatter(dots["x"], dots["y"], s=sizes * scale, c=dots["score"], **rings | options)
    bar = ax.figure.colorbar(points, ax=ax, label=label, shrink=0.5, aspect=12, anchor=(0, 0))
    bar.outline.set_visible(False)
    handles, texts = points.legend_elements(
        "sizes", num=4, color=faded(0.5, ax), func=lambda area: np.asarray(area) / scale
    )
    ring = Line2D(
        [], [], linestyle="", marker="o", markerfacecolor="none", markeredgecolor=text_color(), markeredgewidth=0.7
    )
    ax.legend(
        [*handles, ring],
        [*texts, f"padj < {max_padj:g}"],
        title=title,
        frameon=False,
        loc="upper left",
        bbox_to_anchor=(1.01, 1.02),
        borderaxespad=0,
        labelspacing=0.8,
    )


def label_dots(ax: Axes, groups: Sequence[str], terms: Sequence[str]) -> None:
    """Label groups and terms of a dot plot, and remove the frame."""
    ax.set_xticks(range(len(groups)), labels(groups)[1], rotation=90, fontsize="small")
    ax.set_yticks(range(len(terms)), list(map(_in_two_lines, terms)), linespacing=0.95, fontsize="small")
    ax.set_xlim(-0.6, len(groups) - 0.4)
    ax.set_ylim(len(terms) - 0.4, -0.6)
    ax.tick_params(length=0)
    ax.grid(color=faded(0.1, ax), zorder=0)
    ax.spines[:].set_visible(False)
    ax.set_axisbelow(True)


def _in_two_lines(name: str) -> str:
    lines = textwrap.wrap(name, LINE_LENGTH)
    return "\n".join(lines if len(lines) <= 2 else [lines[0], shorten(" ".join(lines[1:]), LINE_LENGTH)])
