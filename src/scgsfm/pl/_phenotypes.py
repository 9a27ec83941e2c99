from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from scgsfm import _keys

from ._shared import finish, labels, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anndata import AnnData
    from matplotlib.axes import Axes

NEEDED = ("group", "kind", "id", "term", "evidence", "score", "padj", "n_hits")
MOST_LOG = 10.0
"""Adjusted p-values below 1e-10 are all drawn alike."""
LARGEST = 150.0
"""Area of the largest dot, in square points."""
WIDTH = 36
"""Characters in a line of a name; two lines are drawn."""


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
    table = _table(data, key)
    columns = _groups(table, groups)
    table = table[(table["kind"] == kind) & (table["evidence"] == evidence) & table["group"].isin(columns)]
    rows = _first(table, columns, n_terms, max_padj) if terms is None else _asked(table, terms)
    dots = table[table["id"].isin(rows) & (table["score"] > 0)].copy()
    dots["x"] = pd.Index(columns).get_indexer(dots["group"])
    dots["y"] = pd.Index(rows).get_indexer(dots["id"])
    dots["log"] = -np.log10(np.clip(dots["padj"], 10**-MOST_LOG, 0.99))
    if ax is None:
        ax = _axes(len(columns), len(rows))
    _draw(dots, evidence, max_padj, ax, **{"cmap": cmap} | kwargs)
    names = table.drop_duplicates("id").set_index("id")["term"]
    _name(ax, columns, [names[row] or row for row in rows])
    _cite(ax)
    return finish(ax, show)


def _table(data: AnnData | pd.DataFrame, key: str | None) -> pd.DataFrame:
    from anndata import AnnData

    key = key or _keys.PHENOTYPES
    if isinstance(data, AnnData):
        if key not in data.uns:
            msg = f"There is no `uns[{key!r}]`: run `scgsfm.tl.phenotypes` first, or name the `key` of its result."
            raise KeyError(msg)
        data = data.uns[key]
    if missing := [column for column in NEEDED if column not in data]:
        msg = f"The table lacks the columns {', '.join(missing)}: give what `scgsfm.tl.phenotypes` writes."
        raise ValueError(msg)
    return data


def _groups(table: pd.DataFrame, groups: str | Sequence[str] | None) -> list[str]:
    there = table["group"].unique().tolist()
    chosen = there if groups is None else [groups] if isinstance(groups, str) else list(dict.fromkeys(groups))
    if unknown := [group for group in chosen if group not in there]:
        msg = f"The table has no group {unknown[0]!r}; it has {', '.join(map(repr, there))}."
        raise KeyError(msg)
    return chosen


def _first(table: pd.DataFrame, groups: list[str], n_terms: int, max_padj: float) -> list[str]:
    """Ids of terms that are among the first of any group, by group; of equal sets of genes, one."""
    if n_terms < 1:
        msg = f"`n_terms` is {n_terms}, but must be at least 1."
        raise ValueError(msg)
    up = table[(table["score"] > 0) & (table["padj"] < max_padj)].sort_values(
        ["pvalue", "score"], ascending=[True, False]
    )
    up = up.drop_duplicates(["group", "genes"])
    rows = pd.unique(pd.concat([up.loc[up["group"] == group, "id"].head(n_terms) for group in groups])).tolist()
    if not rows:
        msg = f"Nothing has an adjusted p-value below {max_padj:g} and a positive score: raise `max_padj` or name `terms`."
        raise ValueError(msg)
    return rows


def _asked(table: pd.DataFrame, terms: Sequence[str]) -> list[str]:
    by_name = dict(zip(table["term"], table["id"], strict=True)) | dict(zip(table["id"], table["id"], strict=True))
    if unknown := [term for term in terms if term not in by_name]:
        msg = (
            f"The table has no term {unknown[0]!r} of this kind and evidence; it has, for example, {list(by_name)[:3]}."
        )
        raise KeyError(msg)
    return [by_name[term] for term in terms]


def _axes(n_groups: int, n_terms: int) -> Axes:
    import matplotlib.pyplot as plt

    _, ax = plt.subplots(figsize=(0.36 * n_groups + 5.0, max(0.32 * n_terms + 1.9, 3.2)), layout="constrained")
    return ax


def _draw(dots: pd.DataFrame, evidence: str, max_padj: float, ax: Axes, **kwargs: Any) -> None:
    scale = LARGEST / max(dots["log"].max(), np.finfo(float).tiny)
    options: dict[str, Any] = {
        "vmin": 0,
        "edgecolors": ["black" if padj < max_padj else "none" for padj in dots["padj"]],
        "linewidths": 0.7,
        "zorder": 2,
    }
    points = ax.scatter(dots["x"], dots["y"], s=dots["log"] * scale, c=dots["score"], **options | kwargs)
    label = "log2 odds ratio" if evidence == "known" else "standard deviations"
    colours = ax.figure.colorbar(points, ax=ax, label=label, shrink=0.5, aspect=12, anchor=(0, 0))
    colours.outline.set_visible(False)
    handles, texts = points.legend_elements("sizes", num=4, color="#777777", func=lambda area: np.asarray(area) / scale)
    ax.legend(
        handles, texts, title="-log10 padj", frameon=False, loc="upper left", bbox_to_anchor=(1.01, 1.02),
        borderaxespad=0, labelspacing=0.8,
    )  # fmt: skip


def _name(ax: Axes, groups: list[str], terms: list[str]) -> None:
    wrapped = []
    for term in terms:
        lines = textwrap.wrap(term, WIDTH)
        wrapped.append("\n".join(lines if len(lines) <= 2 else [lines[0], shorten(" ".join(lines[1:]), WIDTH)]))
    ax.set_xticks(range(len(groups)), labels(groups)[1], rotation=90)
    ax.set_yticks(range(len(terms)), wrapped, linespacing=0.9, fontsize="small")
    ax.set_xlim(-0.6, len(groups) - 0.4)
    ax.set_ylim(len(terms) - 0.4, -0.6)
    ax.tick_params(length=0)
    ax.grid(color="#eeeeee", zorder=0)
    ax.spines[:].set_visible(False)
    ax.set_axisbelow(True)


def _cite(ax: Axes) -> None:
    from scgsfm.models.gpgpt import knowledge

    about = "\n".join(textwrap.wrap(knowledge().about(), 90))
    ax.figure.supxlabel(about, fontsize=6, color="#777777", x=0.01, ha="left")
