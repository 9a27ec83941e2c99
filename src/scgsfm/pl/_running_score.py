from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scgsfm import _keys, enrichment
from scgsfm._adata import as_label, check_anndata
from scgsfm._docs import doc_params
from scgsfm.genesets import GeneSets

from ._toolkit import GREY, OKABE_ITO, finish, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from anndata import AnnData
    from matplotlib.axes import Axes

    from scgsfm.genesets import GeneSetsLike

CURVE, EDGE, REST = OKABE_ITO[0], OKABE_ITO[3], GREY


@doc_params
def running_score(
    data: AnnData | pd.Series | pd.DataFrame,
    term: str | Sequence[str],
    *,
    library: GeneSetsLike = "hallmark",
    group: str | None = None,
    groupby: str | None = None,
    key: str = "rank_genes_groups",
    gene_symbols: str | None = None,
    show: bool | None = None,
) -> list[Axes] | None:
    """Plot the running sum of a term over a ranking of genes.

    From top to bottom: the running sum of gene set enrichment analysis :cite:p:`Subramanian2005` and the enrichment
    score, which is its largest deviation from 0; a tick for each gene of the term, with the leading edge in another
    color; and the values by which the genes are ranked.

    Parameters
    ----------
    data
        AnnData with groups of cells, or any ranking that :func:`~scgsfm.tl.enrich` takes. Genes of AnnData are ranked as
        by :func:`~scgsfm.tl.enrich`: by ``uns[key]`` if it holds for the groups, or else by a t-test.
    term
        Name of a term, or a list of genes.
    library
        Library with the term: a name, or any other input of :class:`~scgsfm.GeneSets`.
    group
        Name of the ranking to plot, if there are several.
    groupby
        Column of ``obs`` with groups of cells. Defaults to the ranking of the last :func:`~scgsfm.tl.enrich`, or else to
        the column that ``uns[key]`` was computed for.
    key
        Key in ``uns`` of the ranking.
    gene_symbols
        {gene_symbols}
    show
        {show}

    Returns
    -------
    ``None`` if the plot is shown, else a list of the three axes.

    Raises
    ------
    KeyError
        If the term or the group does not exist.
    ValueError
        If there is no ranking, or there are several and ``group`` is not given.
    GeneMatchError
        If no gene of the term is in the ranking.

    Examples
    --------
    >>> import numpy as np, pandas as pd, scgsfm
    >>> sets = scgsfm.datasets.library("hallmark")
    >>> ranking = pd.Series(np.random.default_rng(0).normal(size=len(sets.genes)), index=sets.genes)
    >>> ranking[sets["HALLMARK_HYPOXIA"]] += 1
    >>> axes = scgsfm.pl.running_score(ranking, "HALLMARK_HYPOXIA", show=False)
    """
    from anndata import AnnData

    if isinstance(data, AnnData):
        check_anndata(data, argument="data", writes=False)
        rankings = _of_adata(data, groupby, key, gene_symbols)
    else:
        rankings = enrichment.from_genes(data).rankings
    if not rankings:
        msg = f"`data` is a {type(data).__name__}, but must be AnnData or a ranking: a Series of numbers by gene."
        raise ValueError(msg)
    group = _one(list(rankings), None if group is None else as_label(group))
    ranking = rankings[group]
    sets = GeneSets(library).subset(term) if isinstance(term, str) else GeneSets({f"{len(term)} genes": list(term)})
    terms = enrichment.terms_over(sets, ranking["name"].to_numpy(), min_genes=1, max_genes=len(ranking) - 1)
    values = ranking["value"].to_numpy()
    title = shorten(terms.names[0]) + (f", {group}" if len(rankings) > 1 else "")
    return finish(_draw(values, terms.membership.indices, title), show)


def _of_adata(adata: AnnData, groupby: str | None, key: str, gene_symbols: str | None) -> dict[str, pd.DataFrame]:
    """The rankings that :func:`~scgsfm.tl.enrich` uses, by default in its last call."""
    options: dict[str, Any] = {"groupby": groupby, "key": key, "layer": None, "use_raw": None}
    record = adata.uns.get(_keys.UNS, {}).get(_keys.ENRICH, {})
    made = record.get("ranking", {})
    if groupby is None and key == enrichment.DEFAULT_KEY and made.get("groupby") in adata.obs:
        options = {
            "groupby": str(made["groupby"]),
            "key": str(made.get("key", key)),
            "layer": made.get("layer"),
            "use_raw": bool(made.get("use_raw", False)),
        }
        gene_symbols = gene_symbols or record.get("gene_symbols")
    if options["key"] not in adata.uns:
        options["key"] = enrichment.DEFAULT_KEY
    return enrichment.from_adata(adata, **options, gene_symbols=gene_symbols, function="running_score").rankings


def _one(groups: list[str], group: str | None) -> str:
    if group is None and len(groups) == 1:
        return groups[0]
    if group is None:
        msg = f"There are {len(groups)} rankings: select one by `group`, such as {', '.join(map(repr, groups[:5]))}."
        raise ValueError(msg)
    if group not in groups:
        msg = f"There is no ranking of {group!r}; available are {', '.join(map(repr, groups))}."
        raise KeyError(msg)
    return group


def _draw(values: np.ndarray, hits: np.ndarray, title: str) -> list[Axes]:
    import matplotlib.pyplot as plt

    _, (above, ticks, below) = plt.subplots(
        3, 1, figsize=(5.2, 4.2), sharex=True, height_ratios=[3, 0.5, 1.4], layout="constrained"
    )  # fmt: skip
    is_hit = np.zeros(len(values), bool)
    is_hit[hits] = True
    score, edge = enrichment.leading_edge(values, hits)
    curve = enrichment.running_sum(values, is_hit)
    peak = edge if score > 0 else len(values) - edge
    above.plot(np.arange(len(curve) + 1), np.concatenate([[0], curve]), color=CURVE, lw=1.8)
    above.plot([peak, peak], [0, score], color=EDGE, lw=1, ls="--")
    above.axhline(0, color="black", lw=0.6)
    above.set(title=title, ylabel="running sum")
    above.text(
        peak, score / 2, f" ES {score:.2f} ", color=EDGE, ha="right" if peak > len(values) / 2 else "left", va="center"
    )
    leading = hits < edge if score > 0 else hits >= len(values) - edge
    for genes, color in ((hits[~leading], REST), (hits[leading], EDGE)):
        ticks.vlines(genes + 0.5, 0, 1, color=color, lw=0.8)
    ticks.set(ylim=(0, 1), yticks=[])
    ticks.set_ylabel(f"{len(hits)} genes", rotation=0, ha="right", va="center")
    below.fill_between(np.arange(len(values)), values, color="#bbbbbb", lw=0, step="post")
    below.axhline(0, color="black", lw=0.6)
    low, high = np.quantile(values, [0.001, 0.999])  # outliers would flatten the curve
    below.set_ylim(min(low, 0), max(high, 0))
    below.set(xlabel=f"rank of {len(values):,} genes", ylabel="value", xlim=(0, len(values)))
    for axis in (above, ticks, below):
        axis.spines[["top", "right"]].set_visible(False)
    ticks.spines[["bottom", "left"]].set_visible(False)
    ticks.tick_params(bottom=False)
    return [above, ticks, below]
