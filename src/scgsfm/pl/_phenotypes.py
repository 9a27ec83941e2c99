from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from scgsfm import _keys

from ._dots import MOST_LOG, draw_dots, first_of_groups, name_dots, new_axes, result_table
from ._shared import finish

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anndata import AnnData
    from matplotlib.axes import Axes

NEEDED = ("group", "kind", "id", "term", "evidence", "score", "padj", "n_hits")


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
    """Plot the phenotypes or diseases of groups of cells as dots.

    A column for each group, a row for each term that is among the first of any group. Colour is the score, area the
    adjusted p-value. A ring marks what is significant. Version and citation of the annotations stand below.

    Parameters
    ----------
    data
        Cells with a result of :func:`~scgsfm.tl.phenotypes`, or its table.
    groups
        Name of a group, or several; by default all.
    kind
        Phenotypes or diseases.
    evidence
        What is annotated, or what is predicted.
    n_terms
        How many significant terms of each group to show.
    terms
        Which terms to show instead, by name or id.
    max_padj
        Adjusted p-value below which a term is significant.
    key
        Key of the result in ``uns``, if it was written with ``key_added``.
    cmap
        Name of a colour map.
    ax
        Where to draw; a figure of a fitting size is made by default.
    show
        Show the figure now; else its axes are returned. By default as scanpy's ``settings.autoshow`` says.
    **kwargs
        Passed on to :meth:`matplotlib.axes.Axes.scatter`.

    Returns
    -------
    ``None`` if the figure is shown, else its axes.

    Raises
    ------
    KeyError
        If there is no such result, group or term.
    ValueError
        If columns are missing, or there is nothing to draw.

    Examples
    --------
    >>> import scgsfm
    >>> adata = scgsfm.datasets.pbmc()
    >>> scgsfm.tl.phenotypes(adata, "cell_type")
    >>> axes = scgsfm.pl.phenotypes(adata, show=False)
    """
    table = result_table(data, key or _keys.PHENOTYPES, NEEDED, "phenotypes")
    columns = _groups(table, groups)
    table = table[(table["kind"] == kind) & (table["evidence"] == evidence) & table["group"].isin(columns)]
    rows = _first(table, columns, n_terms, max_padj) if terms is None else _asked(table, terms)
    dots = table[table["id"].isin(rows) & (table["score"] > 0)].copy()
    dots["x"] = pd.Index(columns).get_indexer(dots["group"])
    dots["y"] = pd.Index(rows).get_indexer(dots["id"])
    dots["log"] = -np.log10(np.clip(dots["padj"], 10**-MOST_LOG, 0.99))
    if ax is None:
        ax = new_axes(len(columns), len(rows), below=0.45)
    label = "log2 odds ratio" if evidence == "known" else "standard deviations"
    options = {"cmap": cmap, "vmin": 0} | kwargs
    draw_dots(dots, dots["log"], ax, max_padj=max_padj, title="-log10 padj", label=label, options=options)
    names = table.drop_duplicates("id").set_index("id")["term"]
    name_dots(ax, columns, [names[row] or row for row in rows])
    _cite(ax)
    return finish(ax, show)


def _groups(table: pd.DataFrame, groups: str | Sequence[str] | None) -> list[str]:
    there = table["group"].unique().tolist()
    chosen = there if groups is None else [groups] if isinstance(groups, str) else list(dict.fromkeys(groups))
    if unknown := [group for group in chosen if group not in there]:
        msg = f"The table has no group {unknown[0]!r}; it has {', '.join(map(repr, there))}."
        raise KeyError(msg)
    return chosen


def _first(table: pd.DataFrame, groups: list[str], n_terms: int, max_padj: float) -> list[str]:
    """Ids of terms that are among the first of any group, by group; of equal sets of genes, one."""
    up = table[(table["score"] > 0) & (table["padj"] < max_padj)]
    up = up.sort_values(["pvalue", "score"], ascending=[True, False]).drop_duplicates(["group", "genes"])
    return first_of_groups(up, "id", groups, n_terms, max_padj)


def _asked(table: pd.DataFrame, terms: Sequence[str]) -> list[str]:
    by_name = dict(zip(table["term"], table["id"], strict=True)) | dict(zip(table["id"], table["id"], strict=True))
    if unknown := [term for term in terms if term not in by_name]:
        msg = (
            f"The table has no term {unknown[0]!r} of this kind and evidence; it has, for example, {list(by_name)[:3]}."
        )
        raise KeyError(msg)
    return [by_name[term] for term in terms]


def _cite(ax: Axes) -> None:
    from scgsfm.phenotypes import load_annotations

    about = "\n".join(textwrap.wrap(load_annotations().about(), 90))
    ax.figure.supxlabel(about, fontsize=6, color="#777777", x=0.01, ha="left")
