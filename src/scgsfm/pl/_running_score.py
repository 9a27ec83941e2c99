from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scgsfm import _keys, datasets, enrichment
from scgsfm._adata import as_label, check_anndata
from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._messages import did_you_mean, listing
from scgsfm.genesets import GeneSets

from ._finish import finish
from ._running_score_panels import MAX_CURVES, Curve, draw_running_scores
from ._style import group_colors, palette
from ._toolkit import most_telling

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from anndata import AnnData
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from scgsfm.genesets import GeneSetsLike

LIBRARY = "hallmark"
SIZES = {"min_genes": 5, "max_genes": 500}
"""Sizes of the terms that the FDR is computed over, as in :func:`~scgsfm.tl.enrich`."""


@doc_params
@checks_types
def running_score(
    data: AnnData | pd.Series | pd.DataFrame,
    term: str | Sequence[str] | Mapping[str, Sequence[str]],
    *,
    library: GeneSetsLike | None = None,
    group: str | Sequence[str] | None = None,
    groupby: str | None = None,
    key: str = "rank_genes_groups",
    gene_symbols: str | None = None,
    figsize: tuple[float, float] | None = None,
    ax: Axes | None = None,
    show: bool | None = None,
    save: str | Path | bool | None = None,
    return_fig: bool = False,
) -> list[Axes] | Figure | None:
    """Plot the running sums of one or several terms over rankings of genes.

    From top to bottom: the running sum of gene set enrichment analysis :cite:p:`Subramanian2005`, whose largest deviation
    from 0 is the enrichment score; a tick for each gene of a term, with the leading edge in a stronger color; and the
    values by which the genes are ranked. The normalized enrichment score (NES), the p-value and the false discovery rate
    (FDR) over the terms of the library are those of :func:`~scgsfm.tl.enrich` with ``mode="ranked"``; they are read from its
    result or computed.

    Parameters
    ----------
    data
        AnnData with groups of cells, or any ranking that :func:`~scgsfm.tl.enrich` takes. Genes of AnnData are ranked as
        by :func:`~scgsfm.tl.enrich`: by ``uns[key]`` if it holds for the groups, or else by a t-test.
    term
        Name of a term or several names, a list of genes, or a dict of lists of genes. With more than eight curves, those
        with the largest enrichment scores are drawn.
    library
        Library with the terms: a name, or any other input of :class:`~scgsfm.GeneSets`. Defaults to that of the result of
        :func:`~scgsfm.tl.enrich` which has the term, or else to ``"hallmark"``.
    group
        Name of the ranking to plot, or several names. By default, all are plotted.
    groupby
        Column of ``obs`` with groups of cells. Defaults to the ranking of the last :func:`~scgsfm.tl.enrich`, or else to
        the column that ``uns[key]`` was computed for.
    key
        Key in ``uns`` of the ranking.
    gene_symbols
        {gene_symbols}
    figsize
        {figsize}
    ax
        {ax} The three panels are drawn inside them.
    show
        {show}
    save
        {save}
    return_fig
        {return_fig}

    Returns
    -------
    ``None`` if the plot is shown, the figure if ``return_fig=True``, else a list of the three axes.

    Raises
    ------
    KeyError
        If the term or the group does not exist.
    ValueError
        If there is no ranking.
    GeneMatchError
        If no gene of the term is in the ranking.

    Examples
    --------
    >>> import numpy as np, pandas as pd, scgsfm
    >>> sets = scgsfm.datasets.library("hallmark")
    >>> ranking = pd.Series(np.random.default_rng(0).normal(size=len(sets.genes)), index=sets.genes)
    >>> ranking[sets["HALLMARK_HYPOXIA"]] += 1
    >>> axes = scgsfm.pl.running_score(ranking, ["HALLMARK_HYPOXIA", "HALLMARK_APOPTOSIS"], show=False)
    """
    from anndata import AnnData

    record: Mapping[str, Any] = {}
    if isinstance(data, AnnData):
        check_anndata(data, argument="data", writes=False)
        record = _record(data, term)
        source = _of_adata(data, record, groupby, key, gene_symbols)
    else:
        source = enrichment.from_genes(data)
    rankings = source.rankings
    if not rankings:
        msg = f"`data` is a {type(data).__name__}, but must be AnnData or a ranking: a Series of numbers by gene."
        raise ValueError(msg)
    groups = _groups(list(rankings), group)
    sets, terms = _sets(term, library, record)
    sums = {(each, found.term): found for each in groups for found in enrichment.running_sums(rankings[each], terms)}
    strength = pd.Series([abs(found.score) for found in sums.values()], index=pd.MultiIndex.from_tuples(sums))
    kept: set[Any] = set(
        most_telling(strength, MAX_CURVES, noun="curve", reason="have the largest scores", argument="group")
    )
    stored = _stored(data, record.get("key"))
    tests = _tests(rankings, sets, {pair: found for pair, found in sums.items() if pair in kept}, stored)
    prefix = "" if len(sets) < 2 else _prefix(sets)
    colors = _colors(data, source.made.get("groupby"), [pair for pair in sums if pair in kept])
    curves = [Curve(tests[pair], pair[0], pair[1].removeprefix(prefix), colors[pair]) for pair in sums if pair in kept]
    values = {each: rankings[each]["value"].to_numpy() for each in dict.fromkeys(curve.group for curve in curves)}
    note = f"{len(curves)} of {len(sums)} curves, those with the largest scores" if len(curves) < len(sums) else ""
    axes = draw_running_scores(curves, values, several=len(rankings) > 1, note=note, figsize=figsize, ax=ax)
    return finish(axes, show, save=save, return_fig=return_fig, name="running_score")


def _record(adata: AnnData, term: Any) -> Mapping[str, Any]:
    """The record of the result of :func:`~scgsfm.tl.enrich` that has the term, or of the last one; empty without any."""
    records = {
        str(key): record
        for key, record in adata.uns.get(_keys.UNS, {}).items()
        if isinstance(record, Mapping) and "ranking" in record and isinstance(adata.uns.get(key), pd.DataFrame)
    }
    names = {term} if isinstance(term, str) else set(map(str, term))
    has_term = [key for key in records if "term" in adata.uns[key] and names & set(adata.uns[key]["term"].astype(str))]
    ranked = [key for key in has_term if records[key].get("mode") == "ranked"]
    default = [key for key in (_keys.ENRICH, *reversed(records)) if key in records]
    for key in (*ranked, *has_term, *default):
        return {**records[key], "key": key}
    return {}


def _of_adata(
    adata: AnnData, record: Mapping[str, Any], groupby: str | None, key: str, gene_symbols: str | None
) -> enrichment.GeneLists:
    """The rankings that :func:`~scgsfm.tl.enrich` uses, by default in its last call."""
    options: dict[str, Any] = {"groupby": groupby, "key": key, "layer": None, "use_raw": None}
    made, exclude = record.get("ranking", {}), None
    if groupby in (None, made.get("groupby")) and key == enrichment.DEFAULT_KEY and made.get("groupby") in adata.obs:
        options = {
            "groupby": str(made["groupby"]),
            "key": str(made.get("key", key)),
            "layer": made.get("layer"),
            "use_raw": bool(made.get("use_raw", False)),
        }
        gene_symbols, exclude = gene_symbols or record.get("gene_symbols"), made.get("exclude")
    if options["key"] not in adata.uns:
        options["key"] = enrichment.DEFAULT_KEY
    lists = enrichment.from_adata(adata, **options, gene_symbols=gene_symbols, function="running_score")
    return lists.without(None if exclude is None else list(exclude))


def _groups(available: list[str], group: str | Sequence[str] | None) -> list[str]:
    if group is None:
        return available
    given = [group] if isinstance(group, str) or not hasattr(group, "__iter__") else list(group)
    chosen = list(dict.fromkeys(map(as_label, given)))
    for each in chosen:
        if each not in available:
            msg = f"There is no ranking of {each!r}; available are {listing(available, 20)}.{did_you_mean(each, available)}"
            raise KeyError(msg)
    return chosen or available


def _sets(term: Any, library: Any, record: Mapping[str, Any]) -> tuple[GeneSets, GeneSets]:
    """The library over which the FDR is computed, and the sets to draw."""
    if isinstance(term, Mapping):
        drawn = GeneSets(term)
        return drawn, drawn
    if library is None:
        name = record.get("gene_sets", {}).get("name")
        library = name if name in datasets.libraries().index else LIBRARY
    sets = GeneSets(library)
    names = [term] if isinstance(term, str) else list(map(str, term))
    if isinstance(term, str) or any(name in sets for name in names):
        return sets, sets.subset(names)
    drawn = GeneSets({f"{len(names)} genes": names})
    return drawn, drawn


def _prefix(sets: GeneSets) -> str:
    """What all names of the library begin with, up to a ``_``."""
    first, last = min(sets), max(sets)
    n = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), 0)
    return first[: first[:n].rfind("_") + 1]


def _stored(data: Any, key: Any) -> pd.DataFrame | None:
    """The rows of a result in ``uns`` with enrichment scores, by group and term."""
    if key is None or "es" not in data.uns[key]:
        return None
    table = data.uns[key]
    return table.assign(group=table["group"].map(as_label)).set_index(["group", "term"])


def _tests(
    rankings: dict[str, pd.DataFrame],
    sets: GeneSets,
    sums: dict[tuple[str, str], enrichment.RunningSum],
    stored: pd.DataFrame | None,
) -> dict[tuple[str, str], enrichment.RunningSum]:
    """The curves with NES, p-value and FDR: those of a stored result if it holds for the curve, or else computed."""
    from dataclasses import replace

    tables: dict[str, pd.DataFrame] = {}
    generators = enrichment.generators(list(rankings))
    tested = {}
    for (group, term), found in sums.items():
        row = None if stored is None or (group, term) not in stored.index else stored.loc[(group, term)]
        if row is None or not np.isclose(float(row["es"]), found.score, atol=1e-6):
            if group not in tables:
                rng = generators[group]
                sizes = (
                    SIZES
                    if any(len(genes) >= SIZES["min_genes"] for genes in sets.values())
                    else SIZES | {"min_genes": 1}
                )
                tables[group] = enrichment.ranking_table(rankings[group], group, sets, rng=rng, **sizes).set_index(
                    "term"
                )
            row = tables[group].loc[term] if term in tables[group].index else None
        if row is None:
            tested[group, term] = found
            continue
        padj = float(row["padj"]) if len(sets) > 1 else np.nan
        tested[group, term] = replace(found, nes=float(row["score"]), pvalue=float(row["pvalue"]), padj=padj)
    return tested


def _colors(data: Any, groupby: Any, pairs: list[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Colors of the groups if the curves differ only by group, or else a palette."""
    terms, groups = {term for _, term in pairs}, list(dict.fromkeys(group for group, _ in pairs))
    if len(terms) == 1 and len(groups) > 1 and groupby is not None:
        by_group = group_colors(data, str(groupby), groups)
        return {pair: by_group[pair[0]] for pair in pairs}
    return dict(zip(pairs, palette(len(pairs)), strict=True))
