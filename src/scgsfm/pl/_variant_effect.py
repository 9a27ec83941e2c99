from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params

from ._figure import Place, small_font
from ._finish import finish
from ._style import faded, palette, text_color
from ._toolkit import shorten

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@checks_types
@doc_params
def variant_effect(
    table: pd.DataFrame,
    *,
    variants: Sequence[str] | None = None,
    n_top: int = 20,
    cell_types: Sequence[str] | None = None,
    figsize: tuple[float, float] | None = None,
    ax: Axes | None = None,
    show: bool | None = None,
    save: str | Path | bool | None = None,
    return_fig: bool = False,
) -> Axes | Figure | None:
    """Plot the predicted effects of variants in each cell type, and the motifs that they disrupt and create.

    Each row is a variant, and each cell type has a dot. On the right are the motifs over the variant that only the
    reference allele (−) or only the alternative allele (+) has.

    Parameters
    ----------
    table
        The table that :func:`~scgsfm.tl.variant_effect` returned.
    variants
        Names of the variants to plot; by default those with the largest effects.
    n_top
        Number of variants to plot if none are named.
    cell_types
        Cell types to plot; by default all.
    figsize
        {figsize}
    ax
        {ax}
    show
        {show}
    save
        {save}
    return_fig
        {return_fig}

    Returns
    -------
    ``None`` if the plot is shown, the figure if ``return_fig=True``, else the axes.

    Raises
    ------
    KeyError
        If a variant or cell type does not exist.
    ValueError
        If the table isn't one of variant effects, or contains no prediction.

    Examples
    --------
    >>> import scgsfm
    >>> genome = {"chr1": "ACCGGAAGTGACGTCATT" * 30}
    >>> table = scgsfm.tl.variant_effect(["chr1:257:G:T", "chr1:254:C:A"], genome=genome)
    >>> ax = scgsfm.pl.variant_effect(table, show=False)
    """
    available = [name.removesuffix("_ref") for name in table if str(name).endswith("_ref")]
    if not available or "lost" not in table:
        msg = f"`table` must be a table that `scgsfm.tl.variant_effect` returned; it has the columns {', '.join(map(str, table))}."
        raise ValueError(msg)
    wanted = available if cell_types is None else list(cell_types)
    if unknown := [name for name in wanted if name not in available]:
        msg = f"The table has no cell type {unknown[0]!r}; it has {', '.join(available)}."
        raise KeyError(msg)
    rows = _rows(table, wanted, variants, n_top)
    place = Place.of(ax, figsize, (6.8, 1.3 + 0.27 * len(rows)))
    _draw(place.ax, rows, wanted, n_columns=4 if ax is None else 2)
    _write_motifs(place.ax, rows)
    place.settle()
    place.ax.tick_params(axis="y", labelsize=small_font(place.drawn_height() / len(rows) / 1.2))
    return finish(place.ax, show, save=save, return_fig=return_fig, name="variant_effect")


def _draw(ax: Axes, rows: pd.DataFrame, cell_types: list[str], n_columns: int) -> None:
    from matplotlib.lines import Line2D

    positions, values = np.arange(len(rows)), rows[cell_types].to_numpy(float)
    ax.axvline(0, color=text_color(), lw=0.6)
    low, high = np.minimum(values.min(axis=1), 0), np.maximum(values.max(axis=1), 0)
    ax.hlines(positions, low, high, color=faded(0.15, ax), lw=3)
    colors = palette(len(cell_types))
    for k, cell_type in enumerate(cell_types):
        ax.scatter(values[:, k], positions, s=28, color=colors[k], label=cell_type, zorder=3)
    ax.set_yticks(positions, [shorten(str(name), 32) for name in rows.index], fontsize="small")
    ax.set(ylim=(len(rows) - 0.5, -0.5), xlabel="effect of the alternative allele on log2 activity")
    ax.margins(x=0.08)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(left=False)
    handles = [*ax.get_legend_handles_labels()[0], Line2D([], [], color=faded(0.15, ax), lw=3, label="range")]
    place: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0.0, 1.0), "ncols": min(len(handles), n_columns)}
    ax.legend(handles=handles, frameon=False, fontsize="small", columnspacing=1.2, handlelength=1.2, **place)


def _write_motifs(ax: Axes, rows: pd.DataFrame) -> None:
    """Motifs that the variants disrupt and create, on the right, and what the signs mean."""
    style: dict[str, Any] = {"fontsize": "small", "color": faded(0.75, ax), "annotation_clip": False}
    beside: Any = ("axes fraction", "data")
    for position, lost, gained in zip(range(len(rows)), rows["lost"], rows["gained"], strict=True):
        text = "  ".join(f"{sign}{shorten(names, 24)}" for sign, names in (("−", lost), ("+", gained)) if names)
        ax.annotate(text, (1.02, position), xycoords=beside, va="center", **style)
    header = "motifs of the alternative\nallele: − lost, + gained"
    ax.annotate(header, (1.02, 1.0), xycoords="axes fraction", va="bottom", **style)


def _rows(table: pd.DataFrame, wanted: list[str], variants: Sequence[str] | None, n_top: int) -> pd.DataFrame:
    if variants is not None:
        named = [variants] if isinstance(variants, str) else list(variants)
        if missing := [name for name in named if name not in table.index]:
            msg = f"There is no variant {missing[0]!r} in the table."
            raise KeyError(msg)
        table = table.loc[named]
    rows = table[np.isfinite(table[wanted].to_numpy(float)).all(axis=1)]
    if not len(rows):
        msg = "No variant has a prediction; see the column `status`."
        raise ValueError(msg)
    if variants is None:
        largest = np.abs(rows[wanted].to_numpy(float)).max(axis=1)
        rows = rows.iloc[np.argsort(-largest, kind="stable")[:n_top]]
    return rows
