from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scgsfm import _keys
from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._messages import listing
from scgsfm.explanation import COLUMNS, Explanation

from ._explanation_card import draw_card
from ._finish import finish
from ._toolkit import choose, result_table

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from anndata import AnnData
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@doc_params
@checks_types
def explain(
    data: AnnData | pd.DataFrame | Explanation,
    group: str | None = None,
    *,
    key: str | None = None,
    cmap: Any = None,
    figsize: tuple[float, float] | None = None,
    ax: Axes | None = None,
    show: bool | None = None,
    save: str | Path | bool | None = None,
    return_fig: bool = False,
    **kwargs: Any,
) -> list[Axes] | Figure | None:
    """Plot the explanation of a group, set, gene or term as a card: text, genes and terms.

    The text has the supported sentences on the function, the predicted genes, the coherence and what argues against it.
    Below, genes are colored by their log2 fold change, if they are markers, and the terms are bars of -log10 adjusted
    p-values. The sources are listed at the end.

    Parameters
    ----------
    data
        AnnData with a result of :func:`~scgsfm.tl.explain`, its table, or an explanation.
    group
        Group to plot. It can be omitted if there is only one.
    key
        Key of the result in ``uns``, if ``key_added`` was used.
    cmap
        Color map of the fold changes. Defaults to a sequential one.
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
        Passed to ``matplotlib.axes.Axes.barh``.

    Returns
    -------
    ``None`` if the plot is shown, the figure if ``return_fig=True``, else the axes of text, genes and terms.

    Raises
    ------
    KeyError
        If the result or the group does not exist.
    ValueError
        If there are several groups and ``group`` is not given, or columns are missing.

    Examples
    --------
    >>> import scgsfm
    >>> genes = ["ISG15", "IFIT1", "IFIT3", "MX1", "OAS1", "STAT1", "ACTB"]
    >>> found = scgsfm.tl.explain(genes=genes, libraries="hallmark", phenotypes=False)
    >>> axes = scgsfm.pl.explain(found, show=False)
    """
    if not isinstance(data, Explanation):
        table = result_table(data, key or _keys.EXPLANATIONS, COLUMNS, "explain")
        groups = table["group"].unique().tolist()
        if group is None and len(groups) > 1:
            msg = f"There are {len(groups)} groups: choose one by `group`, such as {listing(groups, 3)}."
            raise ValueError(msg)
        (name,) = choose(groups, groups if group is None else group, noun="group", argument="group")
        data = Explanation.from_table(table, name)
    axes = draw_card(data, cmap=cmap, figsize=figsize, ax=ax, style=kwargs)
    return finish(axes, show, save=save, return_fig=return_fig, name="explain")
