from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, Literal

from scgsfm import _keys
from scgsfm._docs import doc_params
from scgsfm.phenotypes import load_annotations

from ._toolkit import choose, dot_axes, dots_of, draw_dots, finish, label_dots, result_table, top_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from anndata import AnnData
    from matplotlib.axes import Axes

COLUMNS = ("group", "kind", "id", "term", "evidence", "score", "padj", "n_hits")


@doc_params
def phenotypes(
    data: AnnData | pd.DataFrame,
    groups: str | Sequence[str] | None = None,
    *,
    kind: Literal["phenotype", "disease"] = "phenotype",
    evidence: Literal["known", "predicted"] = "known",
    n_terms: int = 4,
    terms: Sequence[str] | None = None,
    max_padj: float = 0.05,
    key: str | None = None,
    cmap: str = "viridis_r",
    ax: Axes | None = None,
    show: bool | None = None,
    **kwargs: Any,
) -> Axes | None:
    """Plot the phenotypes or diseases of groups of cells as a dot plot.

    Columns are groups, and rows are the top terms of each group. The color of a dot is the score, and its size the
    adjusted p-value. Significant terms have a ring. The version and citation of the annotations are printed below.

    Parameters
    ----------
    data
        AnnData with a result of :func:`~scgsfm.tl.phenotypes`, or its table.
    groups
        One or several groups to plot. By default, all are plotted.
    kind
        Whether to plot phenotypes or diseases.
    evidence
        Whether to plot annotated or predicted associations.
    n_terms
        Number of significant terms to plot for each group.
    terms
        Terms to plot instead, by name or ID.
    max_padj
        Adjusted p-value below which a term is significant.
    key
        Key of the result in ``uns``, if ``key_added`` was used.
    cmap
        Color map.
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
    >>> adata = scgsfm.datasets.pbmc()
    >>> scgsfm.tl.phenotypes(adata, "cell_type")
    >>> axes = scgsfm.pl.phenotypes(adata, show=False)
    """
    table = result_table(data, key or _keys.PHENOTYPES, COLUMNS, "phenotypes")
    columns = choose(table["group"].unique().tolist(), groups, noun="group", argument="groups")
    table = table[(table["kind"] == kind) & (table["evidence"] == evidence) & table["group"].isin(columns)]
    if terms is None:
        significant = table[(table["score"] > 0) & (table["padj"] < max_padj)]
        significant = significant.sort_values(["pvalue", "score"], ascending=[True, False])
        # terms with the same genes are redundant
        rows = top_rows(significant.drop_duplicates(["group", "genes"]), "id", columns, n_terms, max_padj)
    else:
        ids = dict(zip(table["term"], table["id"], strict=True))
        rows = choose(
            table["id"].unique().tolist(), [ids.get(term, term) for term in terms], noun="term", argument="terms"
        )
    dots = dots_of(table[table["score"] > 0], columns, rows, "id")
    if ax is None:
        ax = dot_axes(len(columns), len(rows), footer=0.45)
    label = "log2 odds ratio" if evidence == "known" else "standard deviations"
    options = {"cmap": cmap, "vmin": 0} | kwargs
    draw_dots(dots, dots["log"], ax, max_padj=max_padj, title="-log10 padj", label=label, options=options)
    names = table.drop_duplicates("id").set_index("id")["term"]
    label_dots(ax, columns, [names[row] or row for row in rows])
    citation = "\n".join(textwrap.wrap(load_annotations().about(), 90))
    ax.figure.supxlabel(citation, fontsize=7, color="#777777", x=0.01, ha="left")
    return finish(ax, show)
