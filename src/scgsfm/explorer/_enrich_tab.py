"""The tab of enrichment: of a group of cells by its ranking of genes, or of a list of genes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._elements import (
    Column,
    TagList,
    as_bar,
    as_choice,
    as_count,
    as_link,
    as_pvalue,
    download,
    names,
    nice,
    note,
    panel,
    picture,
    table_of,
    tags,
)
from ._functions_tab import search_results
from ._tab import Tab

if TYPE_CHECKING:
    import pandas as pd

    from ._state import State
    from ._workspace import Workspace

N_SHOWN = 60


def content(work: Workspace, state: State) -> Any:
    """Enriched terms, and the barcode of the chosen one."""
    if state.subject == "group":
        return _of_group(work, state)
    query = work.query(state.query)
    if query.kind == "search":
        return search_results(state, query)
    if query.kind == "empty":
        return note("Enter a list of genes, or choose a group of cells.")
    found = table(work, state)
    found = found[found["n_hits"] > 0]
    columns = {
        "term": Column("term", as_link(state, tab="functions")),
        "padj": Column("adjusted p", as_pvalue, "number"),
        **_of_mode(found, state.mode),
    }
    how = (
        "The list contains more genes of the term than a random one."
        if state.mode != "gsfm"
        else "The model associates the term with the list, also without shared genes."
    )
    return TagList(
        tags.h2(nice(query.name), tags.small(f"{len(query.genes)} genes · {work.library(state)}")),
        panel("Enriched terms", table_of(found, columns, limit=N_SHOWN), about=how),
        download(state),
    )


def _of_mode(found: pd.DataFrame, mode: str) -> dict[str, Column]:
    hint = "z of the mean score of the list" if mode == "gsfm" else "Logarithm of the odds ratio"
    what = (
        "Genes of the term that the model associates with the list"
        if mode == "gsfm"
        else "Genes of the term in the list"
    )
    return {
        "score": Column("score", as_bar(_high(found["score"]), digits=1), "number", hint),
        "n_hits": Column("hits", as_count, "number", what),
        "n_found": Column("genes of the term", as_count, "number"),
        "genes": Column("which", lambda genes: names(str(genes).split(";"), 8) if genes else "–"),
    }


def _of_group(work: Workspace, state: State) -> Any:
    group = group_of(work, state)
    found = table(work, state)
    best = str(found["term"].iloc[0]) if len(found) else ""
    term = state.term if state.term in set(found["term"]) else best
    top = found.head(N_SHOWN)
    columns = {
        "term": Column("term", as_choice("term")),
        "score": Column(
            "NES", as_bar(_high(top["score"].abs()), digits=2, signed=True), "number", "Normalized enrichment score"
        ),
        "padj": Column("adjusted p", as_pvalue, "number"),
        "n_hits": Column("leading edge", as_count, "number", "Genes of the term before the peak of the running sum"),
    }
    column = work.data.column(state.groupby)
    about = "First terms of genes that are high in the group. Choose a term to see its barcode."
    parts = [panel("Enriched terms", table_of(top, columns, marked=term), about=about)]
    if term:
        png = work.barcode(work.library(state), state.groupby, group, term)
        links = tags.p(
            tags.a("Color the cells by it", href=state.link(tab="cells", query=term)),
            tags.a("Its genes", href=state.link(tab="functions", query=term)),
            class_="ids",
        )
        about = "Each line is a gene of the term, by its rank in the group; the curve is the running sum of GSEA."
        parts.append(panel(nice(term), picture(png, f"Barcode of {term}"), links, about=about))
    query = work.query(state.query)
    if query.kind in ("genes", "gene", "term") and not (query.kind == "term" and query.name == term):
        png = work.barcode(work.library(state), state.groupby, group, "", query)
        parts.append(panel(f"Your query: {nice(query.name)}", picture(png, f"Barcode of {query.name}")))
    return TagList(
        tags.h2(group, tags.small(f"{column} · genes ranked against all other cells · {work.library(state)}")),
        tags.div(parts[0], tags.div(*parts[1:], class_="stack"), class_="columns"),
        download(state),
    )


def group_of(work: Workspace, state: State) -> str:
    """The chosen group, or the first one."""
    categories = [str(name) for name in work.data.grouping(state.groupby).categories]
    return state.group if state.group in categories else categories[0]


def table(work: Workspace, state: State) -> pd.DataFrame:
    """The terms by p-value; of a group, first those whose genes are high in it."""
    library = work.library(state)
    if state.subject == "group":
        found = work.enriched_groups(library, state.groupby)
        found = found[found["group"].astype(str) == group_of(work, state)]
        found = found.assign(is_low=found["score"] < 0).sort_values(["is_low", "pvalue"], kind="stable")
        return found.drop(columns="is_low").reset_index(drop=True)
    found = work.enriched_list(work.query(state.query), library, state.mode or "overlap")
    return found.sort_values("pvalue", kind="stable").reset_index(drop=True)


def _high(values: pd.Series) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.quantile(0.98)) if len(finite) else 1.0


TAB = Tab("enrich", "Enrichment", content, table, needs_query=False)
