"""Panels of groups for plots of their terms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scgsfm._logging import logger

from ._figure import Place
from ._toolkit import columns_that_fit, panels

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes

MAX_PANELS = 6
"""Maximum number of panels that are drawn."""
N_COLUMNS = 2
"""Panels in a row."""


def panels_that_fit(
    figsize: tuple[float, float] | None,
    size: tuple[float, float],
    n_columns: int = N_COLUMNS,
    max_panels: int = MAX_PANELS,
) -> int:
    """Number of panels in a figure of given size, up to ``max_panels``, that leave at least ``size`` to each, in inches."""
    if figsize is None:
        return max_panels
    columns, rows = (max(int(whole / part), 1) for whole, part in zip(figsize, size, strict=True))
    return min(min(columns, n_columns) * rows, max_panels)


def telling_groups(
    table: pd.DataFrame, groups: Sequence[str], *, given: bool, max_panels: int = MAX_PANELS
) -> tuple[list[str], list[str]]:
    """The groups that fit the panels, those with the lowest p-values, in their order; and a note if not all fit."""
    n = 1 if given else max_panels
    if len(groups) <= n:
        return list(groups), []
    rows = table[table["group"].isin(list(groups))].sort_values("padj", kind="stable")
    kept = set(rows.drop_duplicates("group")["group"].head(n))
    those = "that with the lowest p-value" if n == 1 else "those with the lowest p-values"
    note = f"{n} of {len(groups)} groups, {those}"
    logger.info("%s; select others by `groups`", note)
    return [group for group in groups if group in kept], [note]


def group_panels(
    n: int, size: tuple[float, float], margin: tuple[float, float], figsize: Any, ax: Axes | None
) -> list[Place]:
    """The given axes, or panels of a new figure, with the size of a panel and of the margin in inches."""
    if ax is not None:
        return [Place.of(ax, None, size)]
    axes = panels(n, N_COLUMNS, size, margin, figsize)
    n_rows = -(-n // columns_that_fit(n, N_COLUMNS, size, figsize))
    height = (axes[0].figure.figure.get_figheight() - margin[1]) / n_rows
    return [Place(each, None, height, figsize is not None) for each in axes]
