from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scgsfm._docs import doc_params

from ._toolkit import OKABE_ITO, finish, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes


@doc_params
def variant_effect(
    table: pd.DataFrame,
    *,
    variants: Sequence[str] | None = None,
    n_top: int = 20,
    cell_types: Sequence[str] | None = None,
    ax: Axes | None = None,
    show: bool | None = None,
) -> Axes | None:
    """Plot the predicted effects of variants in each cell type, and the motifs that they disrupt and create.

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
    ax
        {ax}
    show
        {show}

    Returns
    -------
    ``None`` if the plot is shown, else its axes.

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
    if ax is None:
        import matplotlib.pyplot as plt

        _, ax = plt.subplots(figsize=(6.4, 1.1 + 0.27 * len(rows)), layout="constrained")
    positions = np.arange(len(rows))
    ax.axvline(0, color="black", lw=0.6)
    values = rows[wanted].to_numpy(float)
    ax.hlines(positions, np.minimum(values.min(axis=1), 0), np.maximum(values.max(axis=1), 0), color="#dddddd", lw=3)
    for k, cell_type in enumerate(wanted):
        ax.scatter(values[:, k], positions, s=28, color=OKABE_ITO[k % len(OKABE_ITO)], label=cell_type, zorder=3)
    ax.set_yticks(positions, [shorten(str(name), 32) for name in rows.index], fontsize=8)
    ax.set(ylim=(len(rows) - 0.5, -0.5), xlabel="effect of the alternative allele on log2 activity")
    ax.margins(x=0.08)
    for position, lost, gained in zip(positions, rows["lost"], rows["gained"], strict=True):
        text = "  ".join(f"{sign}{shorten(names, 24)}" for sign, names in (("−", lost), ("+", gained)) if names)
        ax.annotate(
            text, (1.01, position), xycoords=("axes fraction", "data"), fontsize=7, va="center", color="#555555"
        )
    ax.legend(frameon=False, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(wanted))
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(left=False)
    return finish(ax, show)


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
