from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scgsfm import _keys
from scgsfm._adata import as_label, data_matrix, data_var, gene_names
from scgsfm._adata import groups as groups_of
from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._logging import logger
from scgsfm._messages import check_at_least
from scgsfm.enrichment import GroupMeans

from ._finish import finish
from ._leading_edge_panels import draw_leading_edges, genes_that_fit
from ._select_terms import select_terms
from ._toolkit import choose, result_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from anndata import AnnData
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = ("group", "term", "score", "padj", "genes")
HITS = {"ranked": "leading edge", "overlap": "in the list", "gsfm": "associated"}
"""What marks the genes of a term, by mode."""
N_GENES = 40
"""Maximum number of genes where the size of the figure is free."""


@checks_types
@doc_params
def leading_edge(
    data: AnnData | pd.DataFrame,
    group: str | None = None,
    *,
    terms: str | Sequence[str] | None = None,
    n_terms: int = 6,
    n_genes: int | None = None,
    max_padj: float = 0.05,
    max_overlap: float | None = None,
    key: str | None = None,
    cmap: Any = "viridis",
    figsize: tuple[float, float] | None = None,
    ax: Axes | None = None,
    show: bool | None = None,
    save: str | Path | bool | None = None,
    return_fig: bool = False,
) -> list[Axes] | Figure | None:
    """Plot the genes behind enriched terms: terms × genes and, for AnnData, their expression in groups of cells.

    The upper panel marks the genes of each term that are in its leading edge :cite:p:`Subramanian2005` or in the list of
    genes. Genes of several terms come first. The lower panel shows the mean expression of these genes in the groups of
    cells that were ranked, scaled to 0–1 for each gene.

    Parameters
    ----------
    data
        AnnData with a result of :func:`~scgsfm.tl.enrich`, or the table that it returns.
    group
        The group whose terms are plotted. By default, the one with the lowest p-value.
    terms
        One or several terms. By default, the top terms of the group with a positive score.
    n_terms
        Number of terms to plot if none are named.
    n_genes
        Maximum number of genes. Those of the most terms are plotted, then those that support their term most. Defaults to
        40, or to what fits ``figsize`` or ``ax``.
    max_padj
        Adjusted p-value up to which a term is significant. If no term is, the best terms are drawn, and the figure says
        so.
    max_overlap
        Terms are left out whose genes overlap those of a better term with a higher Jaccard index. By default, none.
    key
        Key of the result in ``uns``, if ``key_added`` was used.
    cmap
        Color map of the expression.
    figsize
        {figsize}
    ax
        {ax} The panels are drawn inside them.
    show
        {show}
    save
        {save}
    return_fig
        {return_fig}

    Returns
    -------
    ``None`` if the plot is shown, the figure if ``return_fig=True``, else a list of the axes.

    Raises
    ------
    KeyError
        If the result, the group or a term does not exist.
    ValueError
        If columns are missing, or no term has a gene.

    Examples
    --------
    >>> import scgsfm
    >>> genes = ["ISG15", "IFIT1", "IFIT3", "MX1", "OAS1", "CXCL10", "CXCL9", "STAT1"]
    >>> axes = scgsfm.pl.leading_edge(scgsfm.tl.enrich(genes, library="hallmark"), show=False)
    """
    n_genes = genes_that_fit(figsize, ax, N_GENES) if n_genes is None else n_genes
    check_at_least("n_genes", n_genes, 1)
    key = key or _keys.ENRICH
    table = result_table(data, key, COLUMNS, "enrich")
    record = {} if isinstance(data, pd.DataFrame) else data.uns.get(_keys.UNS, {}).get(key, {})
    group = _group(table, group)
    rows, notes = table[table["group"] == group], []
    if terms is None:
        options: dict[str, Any] = {"n_terms": n_terms, "max_padj": max_padj, "max_overlap": max_overlap}
        chosen = select_terms(rows, "term", [group], **options)
        names, notes = chosen.terms, list(chosen.notes)
    else:
        names = choose(rows["term"].unique().tolist(), terms, noun="term", argument="terms")
    genes = rows.drop_duplicates("term").set_index("term")["genes"]
    member, note = _membership({name: _split(genes[name]) for name in names}, n_genes)
    mode = record.get("mode") or table.attrs.get("mode") or ("ranked" if "es" in table else "overlap")
    expression = _expression(data, record, member.columns) if record.get("ranking") else None
    axes = draw_leading_edges(
        member,
        expression,
        title=group if group != "query" else "",
        mark=HITS.get(mode, HITS["overlap"]),
        groupby=str(record.get("ranking", {}).get("groupby", "")),
        notes=[*notes, note] if note else notes,
        cmap=cmap,
        figsize=figsize,
        ax=ax,
    )
    return finish(axes, show, save=save, return_fig=return_fig, name="leading_edge")


def _group(table: pd.DataFrame, group: Any) -> str:
    """The group that was asked for, or the one with the lowest p-value."""
    available = table["group"].unique().tolist()
    if group is not None:
        return choose(available, as_label(group), noun="group", argument="group")[0]
    if not available:
        msg = "The table has no row, so there is no term to draw."
        raise ValueError(msg)
    best = str(table.loc[table["padj"].to_numpy().argmin() == np.arange(len(table)), "group"].iloc[0])
    if len(available) > 1:
        logger.info("drew %r, the group with the lowest p-value; choose another by `group`", best)
    return best


def _split(genes: Any) -> list[str]:
    return [gene for gene in str(genes).split(";") if gene] if pd.notna(genes) else []


def _membership(genes: Mapping[str, list[str]], n_genes: int) -> tuple[pd.DataFrame, str]:
    """Terms × genes, whether the gene supports the term; genes of many terms first, then by their place in the lists."""
    if not any(genes.values()):
        msg = "The terms have no gene in the list or leading edge, so there is nothing to draw: select other `terms`."
        raise ValueError(msg)
    places = pd.DataFrame(
        [(gene, term, place) for term, names in genes.items() for place, gene in enumerate(names)],
        columns=["gene", "term", "place"],
    )
    by_gene = places.groupby("gene", sort=False).agg(n=("term", "size"), place=("place", "min"))
    by_gene["first"] = places.drop_duplicates("gene").set_index("gene")["term"].map({t: i for i, t in enumerate(genes)})
    kept = by_gene.sort_values(["n", "place"], ascending=[False, True], kind="stable").head(n_genes)
    order = kept.sort_values(["n", "first", "place"], ascending=[False, True, True], kind="stable").index
    member = pd.DataFrame(
        [[gene in set(names) for gene in order] for names in genes.values()], list(genes), list(order)
    )
    note = f"{len(order)} of {len(by_gene)} genes, those of the most terms" if len(order) < len(by_gene) else ""
    if note:
        logger.info("%s; draw more by `n_genes`", note)
    return member, note


def _expression(adata: AnnData, record: Mapping[str, Any], genes: pd.Index) -> pd.DataFrame | None:
    """Mean expression of the genes (columns) in the groups (rows) whose genes were ranked; None if these are gone."""
    ranking = record["ranking"]
    groupby, use_raw, layer = str(ranking["groupby"]), bool(ranking.get("use_raw", False)), ranking.get("layer")
    if groupby not in adata.obs or (use_raw and adata.raw is None) or (layer is not None and layer not in adata.layers):
        return None
    names = gene_names(adata, gene_symbols=record.get("gene_symbols"), use_raw=use_raw)
    matrix = data_matrix(adata, layer=layer, use_raw=use_raw)
    labels = groups_of(adata, groupby)
    base = adata.uns.get("log1p", {}).get("base")
    means = GroupMeans.survey(matrix, data_var(adata, use_raw=use_raw).index, labels, base).table().to_numpy()
    level = pd.Series(means.mean(axis=0))  # of several columns with the same name, the one with the highest mean
    column = level.groupby(np.asarray(names, dtype=object)).idxmax()
    found = [gene for gene in genes if gene in column.index]
    return pd.DataFrame(means[:, column[found]], list(labels.cat.categories), found).reindex(columns=genes)
