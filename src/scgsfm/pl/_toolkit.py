"""The toolkit of the plots: names, axes, what to draw."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd

from scgsfm._adata import as_label, check_anndata
from scgsfm._logging import logger
from scgsfm._messages import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anndata import AnnData
    from matplotlib.axes import Axes

MAX_LENGTH = 40
"""Maximum number of characters of a label."""
MAX_PREFIX = 30
"""Maximum number of characters of a prefix that is left out of labels, such as the name of a collection."""
MIN_PANEL = 0.6
"""Least size of a panel in a figure of given size, as a share of the size that its content needs."""


def labels(names: Sequence[str], length: int = MAX_LENGTH) -> tuple[str, list[str]]:
    """The common prefix of several names up to a ``_`` (``"HALLMARK_"``), and the rest of each name, shortened."""
    prefix = os.path.commonprefix(names) if len(names) > 1 else ""  # noqa: RUF071  character by character is intended
    prefix = prefix[: prefix.rfind("_") + 1]
    prefix = prefix if len(prefix) <= MAX_PREFIX else ""
    return prefix, shortened([name.removeprefix(prefix) for name in names], length)


def shorten(name: str, length: int = MAX_LENGTH) -> str:
    """Replace the middle of a long name by …, since names of a library often share their beginning or end."""
    return name if len(name) <= length else f"{name[: length // 2]}…{name[len(name) - (length - 1) // 2 :]}"


def shortened(names: Sequence[str], length: int = MAX_LENGTH) -> list[str]:
    """Each name shortened, but whole if another one would look the same."""
    return distinct(names, [shorten(name, length) for name in names], names)


def distinct(names: Sequence[str], short: Sequence[str], whole: Sequence[str]) -> list[str]:
    """The short form of each name, but the whole one if the short form of another name is the same."""
    seen = Counter(dict(zip(names, short, strict=True)).values())
    return [brief if seen[brief] == 1 else full for brief, full in zip(short, whole, strict=True)]


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


NAMES = ("group", "set", "term", "gene", "cell_type", "condition", "reference", "id")
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
            msg += did_you_mean(key, map(str, data.uns))
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
        msg += did_you_mean(unknown[0], available)
        raise KeyError(msg)
    if not chosen:
        msg = f"`{argument}` is empty: give at least one {noun}, or omit it."
        raise ValueError(msg)
    return chosen


def check_basis(adata: AnnData, basis: str) -> None:
    """Raise ValueError if an embedding does not exist, or has no two dimensions in an array."""
    from scipy.sparse import issparse

    found = adata.obsm[basis] if basis in adata.obsm else adata.obsm.get(f"X_{basis}")
    if found is not None and (isinstance(found, pd.DataFrame) or issparse(found) or found.shape[1:] < (2,)):
        msg = (
            f"The embedding `basis={basis!r}` is a {type(found).__name__} of shape {found.shape}, but must be an array with "
            "at least two columns. Store one in `obsm`, such as `table.to_numpy()`."
        )
        raise ValueError(msg)
    if found is None:
        msg = (
            f"There is no embedding `basis={basis!r}`; `obsm` has: {', '.join(map(repr, adata.obsm)) or 'nothing'}. "
            "Compute one first, for example by `scanpy.tl.umap`."
        )
        msg += did_you_mean(basis, [name.removeprefix("X_") for name in adata.obsm])
        raise ValueError(msg)


def panels(
    n_panels: int,
    n_columns: int,
    size: tuple[float, float],
    margin: tuple[float, float],
    figsize: tuple[float, float] | None = None,
    ax: Axes | None = None,
) -> list[Axes]:
    """Axes of a new figure, in rows of ``n_columns``, with width and height of a panel and of the margin in inches.

    ``figsize`` replaces the size that follows from them. A small one has fewer columns. Several panels
    take the place of ``ax`` if it is given.
    """
    import matplotlib.pyplot as plt

    n_columns = columns_that_fit(n_panels, n_columns, size, figsize)
    n_rows = -(-n_panels // n_columns)
    if ax is None:
        figsize = figsize or (size[0] * n_columns + margin[0], size[1] * n_rows + margin[1])
        _, axes = plt.subplots(n_rows, n_columns, figsize=figsize, layout="constrained", squeeze=False)
        for unused in axes.flat[n_panels:]:
            unused.remove()
        return list(axes.flat[:n_panels])
    if n_panels == 1:
        return [ax]
    ax.axis("off")
    grid = subplot_spec(ax).subgridspec(n_rows, n_columns, wspace=0.35, hspace=0.35)
    return [ax.figure.add_subplot(grid[i]) for i in range(n_panels)]


def columns_that_fit(
    n_panels: int,
    n_columns: int,
    size: tuple[float, float],
    figsize: tuple[float, float] | None = None,
    ax: Axes | None = None,
) -> int:
    """Number of panels in a row: ``n_columns``, or what leaves most of its size to each panel of a small figure."""
    n_columns = min(n_panels, n_columns)
    if figsize is None and ax is None:
        return n_columns
    if figsize is None:
        box: Any = ax.get_window_extent()  # type: ignore[union-attr]
        figsize = box.width / ax.figure.figure.dpi, box.height / ax.figure.figure.dpi  # type: ignore[union-attr]

    def share(n: int) -> float:
        return min(figsize[0] / n / size[0], figsize[1] / -(-n_panels // n) / size[1])

    if share(n_columns) >= MIN_PANEL:
        return n_columns
    return max(range(1, n_columns + 1), key=lambda n: (share(n), -n))


def subplot_spec(ax: Axes) -> Any:
    """The cell of a grid that ``ax`` stands in; axes that were placed by hand get a grid of their own."""
    from matplotlib.gridspec import GridSpec

    if ax.get_subplotspec() is None:
        box = ax.get_position(original=True)
        grid = GridSpec(1, 1, ax.figure.figure, left=box.x0, right=box.x1, bottom=box.y0, top=box.y1)
        ax.set_subplotspec(grid[0])
    return ax.get_subplotspec()
