from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from scgsfm import _keys
from scgsfm._docs import doc_params

from ._toolkit import choose, dot_axes, dots_of, draw_dots, finish, label_dots, labels, result_table, top_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from anndata import AnnData
    from matplotlib.axes import Axes

COLUMNS = ("group", "term", "score", "padj", "n_found", "n_hits")


@doc_params
def enrich(
    data: AnnData | pd.DataFrame,
    groups: str | Sequence[str] | None = None,
    *,
    n_terms: int = 5,
    terms: Sequence[str] | None = None,
    size: Literal["padj", "share"] = "padj",
    max_padj: float = 0.05,
    key: str | None = None,
    cmap: str | None = None,
    ax: Axes | None = None,
    show: bool | None = None,
    **kwargs: Any,
) -> Axes | None:
    """Plot the enriched terms of groups as a dot plot.

    Columns are groups, and rows are the top terms of each group. The color of a dot is the score, and its size the
    adjusted p-value or the fraction of the genes of the term that are hits. Significant terms have a ring.

    Parameters
    ----------
    data
        AnnData with a result of :func:`~scgsfm.tl.enrich`, or the table that it returns.
    groups
        One or several groups to plot. By default, all are plotted.
    n_terms
        Number of terms to plot for each group: significant terms with a positive score, by p-value.
    terms
        Terms to plot instead.
    size
        With ``"padj"``, the area of a dot is proportional to -log10 of the adjusted p-value, and with ``"share"`` to
        ``n_hits / n_found``.
    max_padj
        Adjusted p-value below which a term is significant.
    key
        Key of the result in ``uns``, if ``key_added`` was used.
    cmap
        Color map. Defaults to a sequential one, or to a diverging one if a significant score is negative.
    ax
        {ax}
    show
        {show}
    **kwargs
        Passed to :meth:`matplotlib.axes.Axes.scatter`.

    Returns
    -------
    ``None`` if the plot is shown, else the axes.

    Raises
    ------
    KeyError
        If the result, a group or a term does not exist.
    ValueError
        If columns are missing, or no term is significant.

    Examples
    --------
    >>> import scgsfm
    >>> genes = {"interferon": ["ISG15", "IFIT1", "IFIT3", "MX1", "OAS1"], "T cell": ["CD3D", "CD3E", "CD2", "LCK"]}
    >>> axes = scgsfm.pl.enrich(scgsfm.tl.enrich(genes, library="hallmark"), show=False)
    """
    if size not in {"padj", "share"}:
        msg = f"`size` is {size!r}, but must be 'padj' or 'share'."
        raise ValueError(msg)
    table = result_table(data, key or _keys.ENRICH, COLUMNS, "enrich")
    columns = choose(table["group"].unique().tolist(), groups, noun="group", argument="groups")
    if terms is None:
        significant = table[(table["score"] > 0) & (table["padj"] < max_padj)].sort_values("pvalue", kind="stable")
        rows = top_rows(significant, "term", columns, n_terms, max_padj)
    else:
        rows = choose(table["term"].unique().tolist(), terms, noun="term", argument="terms")
    dots = dots_of(table, columns, rows, "term")
    if ax is None:
        ax = dot_axes(len(columns), len(rows))
    sizes, title = (
        (dots["log"], "-log10 padj") if size == "padj" else (dots["n_hits"] / dots["n_found"], "share of genes")
    )
    options = _color_scale(dots, cmap, max_padj) | kwargs
    draw_dots(dots, sizes, ax, max_padj=max_padj, title=title, label="score", options=options)
    prefix, names = labels(rows, length=500)
    label_dots(ax, columns, [name.replace("_", " ") for name in names])
    ax.set_ylabel(prefix.rstrip("_"))
    return finish(ax, show)


def _color_scale(dots: pd.DataFrame, cmap: str | None, max_padj: float) -> dict[str, Any]:
    limit = dots["score"].abs().max()
    if ((dots["score"] < 0) & (dots["padj"] < max_padj)).any():
        return {"cmap": cmap or "RdBu_r", "vmin": -limit, "vmax": limit}
    return {"cmap": cmap or "viridis_r", "vmin": 0, "vmax": limit}
