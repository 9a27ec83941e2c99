from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from scgsfm import _keys
from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._messages import check_choice
from scgsfm.phenotypes import load_annotations

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

COLUMNS = ("group", "kind", "id", "term", "evidence", "score", "padj", "n_hits")


@checks_types
@doc_params
def phenotypes(
    data: AnnData | pd.DataFrame,
    groups: str | Sequence[str] | None = None,
    *,
    kind: Literal["phenotype", "disease"] = "phenotype",
    evidence: Literal["known", "predicted"] = "known",
    n_terms: int = 4,
    terms: str | Sequence[str] | None = None,
    max_overlap: float | None = 0.8,
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
    """Plot the phenotypes or diseases of groups of cells as a dot plot.

    Columns are groups, and rows are the top terms of each group. The color of a dot is the score, and its size the
    adjusted p-value. Significant terms have a ring. The version and citation of the annotations are printed below. If no
    term is significant, the terms with the lowest p-values are drawn, and the figure says so.

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
        One or several terms to plot instead, by name or ID.
    max_overlap
        Terms are left out whose genes overlap those of a better term of the same group with a higher Jaccard index.
        ``None`` keeps all terms.
    max_padj
        Adjusted p-value up to which a term is significant.
    key
        Key of the result in ``uns``, if ``key_added`` was used.
    cmap
        Color map. Defaults to a sequential one.
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
        If the result, a group or a term does not exist.
    ValueError
        If columns are missing, a parameter is out of range, or there is no row for the kind and evidence.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> scgsfm.tl.phenotypes(adata, "cell_type")
    >>> axes = scgsfm.pl.phenotypes(adata, show=False)
    """
    check_choice("kind", kind, ("phenotype", "disease"))
    check_choice("evidence", evidence, ("known", "predicted"))
    table = result_table(data, key or _keys.PHENOTYPES, COLUMNS, "phenotypes")
    columns = choose(table["group"].unique().tolist(), groups, noun="group", argument="groups")
    table = table[(table["kind"] == kind) & (table["evidence"] == evidence) & table["group"].isin(columns)]
    if terms is None:
        chosen = select_terms(
            table,
            "id",
            columns,
            n_terms=n_terms,
            max_padj=max_padj,
            max_overlap=max_overlap,
            max_rows=rows_that_fit(figsize, ax),
            max_groups=MAX_GROUPS if groups is None else None,
        )
    else:
        ids = dict(zip(table["term"], table["id"], strict=True))
        given = [ids.get(term, term) for term in ([terms] if isinstance(terms, str) else terms)]
        rows = choose(table["id"].unique().tolist(), given, noun="term", argument="terms")
        chosen = Selection(columns, rows, [])
    names = table.drop_duplicates("id").set_index("id")["term"]
    notes = [*chosen.notes, load_annotations().about()]
    axes = draw_dots(
        table[table["score"] > 0],
        chosen,
        "id",
        [names[row] or row for row in chosen.terms],
        score="log2 odds ratio" if evidence == "known" else "standard deviations above random lists",
        size="padj",
        max_padj=max_padj,
        cmap=cmap,
        notes=notes,
        figsize=figsize,
        ax=ax,
        style=kwargs,
    )
    return finish(axes, show, save=save, return_fig=return_fig, name="phenotypes")
