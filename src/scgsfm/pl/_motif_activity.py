from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scgsfm import _keys
from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params

from ._finish import finish
from ._select_terms import MAX_GROUPS, Selection, select_terms
from ._term_dots import draw_dots, rows_that_fit
from ._toolkit import choose, result_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd
    from anndata import AnnData
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = ("group", "motif", "name", "family", "effect", "pvalue", "padj")


@checks_types
@doc_params
def motif_activity(
    data: AnnData | pd.DataFrame,
    groups: str | Sequence[str] | None = None,
    *,
    n_motifs: int = 4,
    motifs: str | Sequence[str] | None = None,
    depleted: bool = False,
    max_padj: float = 0.05,
    key: str | None = None,
    cmap: Any = None,
    figsize: tuple[float, float] | None = None,
    ax: Axes | None = None,
    show: bool | None = None,
    save: str | Path | bool | None = None,
    return_fig: bool = False,
    **kwargs: Any,
) -> Axes | Figure | None:
    """Plot the motifs of groups of cells as a dot plot.

    Columns are groups, and rows are the top families or motifs of each group. The color of a dot is the effect, and its
    size the adjusted p-value. Significant motifs have a ring. If no motif is significant, those with the lowest p-values are
    drawn, and the figure says so.

    Parameters
    ----------
    data
        AnnData with a result of :func:`~scgsfm.tl.motif_activity`, or its table.
    groups
        One or several groups to plot. By default, all are plotted.
    n_motifs
        Number of significant motifs to plot for each group.
    motifs
        One or several motifs to plot instead: families, or ids of motifs.
    depleted
        Whether to plot motifs that are less frequent than expected, too.
    max_padj
        Adjusted p-value up to which a motif is significant.
    key
        Key of the result in ``uns``, if ``key_added`` was used.
    cmap
        Color map. Defaults to a sequential one, or a diverging one with ``depleted``.
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
    **kwargs
        Passed to :meth:`matplotlib.axes.Axes.scatter`.

    Returns
    -------
    ``None`` if the plot is shown, the figure if ``return_fig=True``, else the axes.

    Raises
    ------
    KeyError
        If the result, a group or a motif does not exist.
    ValueError
        If columns are missing, or a parameter is out of range.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.atac()
    >>> scgsfm.tl.motif_activity(adata, "cell_line", genome=scgsfm.datasets.atac_genome())
    >>> axes = scgsfm.pl.motif_activity(adata, show=False)
    """
    table = result_table(data, key or _keys.MOTIF_ACTIVITY, COLUMNS, "motif_activity")
    table = table.assign(
        score=table["effect"], **{name: table[name].astype(str) for name in ("motif", "name", "family")}
    )
    columns = choose(table["group"].unique().tolist(), groups, noun="group", argument="groups")
    table = table[table["group"].isin(columns)]
    if motifs is None:
        chosen = select_terms(
            table,
            "motif",
            columns,
            n_terms=n_motifs,
            max_padj=max_padj,
            max_rows=rows_that_fit(figsize, ax),
            max_groups=MAX_GROUPS if groups is None else None,
            both_signs=depleted,
            noun="motif",
        )
    else:
        chosen = Selection(
            columns, choose(table["motif"].unique().tolist(), motifs, noun="motif", argument="motifs"), []
        )
    rows = table.drop_duplicates("motif").set_index("motif").loc[chosen.terms]
    names = [
        motif if motif == family else f"{name} ({motif})"
        for motif, name, family in zip(rows.index, rows["name"], rows["family"], strict=True)
    ]
    is_weighted = _is_weighted(data, key)
    axes = draw_dots(
        table if depleted else table[table["score"] > 0],
        chosen,
        "motif",
        names,
        score="difference of the mean effect" if is_weighted else "log2 odds ratio",
        size="padj",
        max_padj=max_padj,
        cmap=cmap,
        notes=chosen.notes,
        figsize=figsize,
        ax=ax,
        style=kwargs,
    )
    return finish(axes, show, save=save, return_fig=return_fig, name="motif_activity")


def _is_weighted(data: AnnData | pd.DataFrame, key: str | None) -> bool:
    """Whether the effects are differences of activities rather than odds ratios, by the record of the result."""
    uns = getattr(data, "uns", {})
    params = uns.get(_keys.UNS, {}).get(key or _keys.MOTIF_ACTIVITY, {}).get("params", {})
    return params.get("weights") is not None
