from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scgsfm import _keys
from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._messages import check_at_least

from ._compound_panels import LEAST, draw_compounds
from ._finish import finish
from ._term_panels import MAX_PANELS, panels_that_fit
from ._toolkit import choose, result_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd
    from anndata import AnnData
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = ("group", "compound", "score", "padj", "mechanism")


@checks_types
@doc_params
def drugs(
    data: AnnData | pd.DataFrame,
    groups: str | Sequence[str] | None = None,
    *,
    n_compounds: int | None = None,
    max_padj: float = 0.05,
    key: str | None = None,
    figsize: tuple[float, float] | None = None,
    ax: Axes | None = None,
    show: bool | None = None,
    save: str | Path | bool | None = None,
    return_fig: bool = False,
    **kwargs: Any,
) -> Axes | list[Axes] | Figure | None:
    """Plot the compounds that mimic and reverse groups of cells as lollipops.

    A panel is a group. Rows are the compounds with the lowest p-values in each direction, ordered by score: those on the
    right mimic the expression of the group, those on the left reverse it. The color is the mechanism of action, of which
    the most frequent are distinguished. Filled dots are significant. The plot shows similar expression changes, not
    responses to a drug.

    Parameters
    ----------
    data
        AnnData with a result of :func:`~scgsfm.tl.drugs`, or its table.
    groups
        One or several groups to plot. By default, all are plotted, at most six.
    n_compounds
        Number of compounds to plot in each direction. By default 8, or as many as fit in a figure of given size.
    max_padj
        Adjusted p-value up to which a dot is filled.
    key
        Key of the result in ``uns``, if ``key_added`` was used.
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
    ``None`` if the plot is shown, the figure if ``return_fig=True``, else the axes, or a list of them for several groups.

    Raises
    ------
    KeyError
        If the result or a group does not exist.
    ValueError
        If columns are missing, or a parameter is out of range.

    Examples
    --------
    >>> import scgsfm
    >>> up = ["HMOX1", "HSPA1A", "DNAJB1", "PSMD4", "BAG3", "HSPA8", "DDIT4", "GADD45B"]
    >>> table = scgsfm.tl.drugs(up=up, down=["CCNA2", "CCNB1", "CDC20", "AURKA", "MYC"])
    >>> axes = scgsfm.pl.drugs(table, show=False)
    """
    if n_compounds is not None:
        check_at_least("n_compounds", n_compounds, 1)
    table = result_table(data, key or _keys.DRUGS, COLUMNS, "drugs")
    chosen = choose(table["group"].unique().tolist(), groups, noun="group", argument="groups")
    n_panels = panels_that_fit(figsize, LEAST) if groups is None else MAX_PANELS
    space: dict[str, Any] = {"figsize": figsize, "ax": ax, "max_panels": n_panels}
    axes = draw_compounds(table, chosen, n_compounds, max_padj, style=kwargs, **space)
    return finish(axes, show, save=save, return_fig=return_fig, name="drugs")
