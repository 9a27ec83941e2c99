"""The tab of functions: a gene with its terms, a term with its genes, a list with its names, or matches of a search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from scgsfm.errors import GeneMatchError
from scgsfm.genes import gene_facts

from ._elements import (
    Column,
    Tag,
    TagList,
    as_check,
    as_choice,
    as_count,
    as_link,
    as_number,
    as_probability,
    download,
    names,
    nice,
    note,
    panel,
    problem,
    table_of,
    tags,
)
from ._tab import Tab

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._query import Query
    from ._state import State
    from ._workspace import Workspace

RELIABILITY = "How well held-out genes of the term are recovered (AUROC): 1 is perfect, 0.5 is random"
UNIQUENESS = "Share of the term's top genes that have it among their top ten terms: low for unspecific terms"
LINKS = {
    "HGNC": "https://www.genenames.org/data/gene-symbol-report/#!/hgnc_id/{}",
    "Entrez": "https://www.ncbi.nlm.nih.gov/gene/{}",
    "Ensembl": "https://www.ensembl.org/id/{}",
    "UniProt": "https://www.uniprot.org/uniprotkb/{}",
    "OMIM": "https://omim.org/entry/{}",
}


def content(work: Workspace, state: State) -> Any:
    """What is known and predicted about the query."""
    query = work.query(state.query)
    if query.kind == "gene":
        return _gene(work, state, query)
    if query.kind == "term":
        return _term(work, state, query)
    if query.kind == "genes":
        return TagList(report_of_list(work, state, query), download(state))
    return search_results(state, query)


def table(work: Workspace, state: State) -> pd.DataFrame:
    """The terms of a gene, the genes of a term, the names of a list, or the matches of a search."""
    query = work.query(state.query)
    if query.kind == "gene":
        if failure := work.failure(work.library(state)):
            raise failure
        return work.functions_of_gene(query.name, work.library(state))
    if query.kind == "term":
        return work.genes_of_term(query)
    if query.kind == "genes":
        return query.report
    return pd.DataFrame(list(query.matches), columns=["library", "term", "n_genes"])


def search_results(state: State, query: Query) -> Any:
    """The terms that a search found, or a sentence that it found nothing."""
    if query.hint:
        return note(query.hint, kind="problem")
    found = pd.DataFrame(list(query.matches), columns=["library", "term", "n_genes"])[["term", "library", "n_genes"]]
    columns = {
        "term": Column("term", as_link(state, term="")),
        "library": Column("library", str),
        "n_genes": Column("genes", as_count, "number"),
    }
    return panel(f"Terms with “{query.name}”", table_of(found, columns))


def _gene(work: Workspace, state: State, query: Query) -> Any:
    library = work.library(state)
    facts = gene_facts(query.name)
    given = query.report["given"].iloc[0]
    ids = [
        tags.a(f"{source} {id_}", href=LINKS[source].format(id_), target="_blank", rel="noopener noreferrer")
        for source, id_ in facts.ids.items()
    ]
    aka = f"given as {given} · " if given != query.name else ""
    aka += f"also {names(facts.aliases, 6)}" if facts.aliases else ""
    in_data = int(work.columns_of([query.name])[0]) >= 0
    head = tags.div(
        tags.h2(query.name, tags.small(" · ".join(t for t in (facts.name, facts.location) if t))),
        tags.p(aka.removesuffix(" · "), class_="quiet") if aka else None,
        tags.p(*ids, class_="ids"),
        None if in_data else note(f"{query.name} is not in the data."),
    )
    try:
        found = work.functions_of_gene(query.name, library)
    except GeneMatchError as error:
        return TagList(head, note(str(error), kind="problem"))
    columns = _term_columns(state, float(found["probability"].max()))
    known, predicted = found[found["known"]], found[~found["known"]]
    parts = []
    unfinished, failure = bool(work.progress(library)), work.failure(library)
    about = "Terms of the library that list the gene."
    if unfinished:
        about += " Their probabilities are being computed."
    elif not failure:
        about += " Probabilities are cross-validated; – if not among its top terms."
    else:
        head.append(problem(failure), tags.p(as_choice("again")("Try again"), class_="ids"))
    if len(known):
        parts.append(panel(f"Known in {library}", table_of(known, columns, limit=60), about=about))
    else:
        parts.append(panel(f"Known in {library}", note(f"No term of {library} lists {query.name}.")))
    if len(predicted):
        about = "Terms that the model adds. Prefer those with high reliability and uniqueness."
        parts.append(panel("Predicted", table_of(predicted, columns, limit=20), about=about))
    elif unfinished:
        parts.append(panel("Predicted", note("The terms that the model adds are being computed.")))
    elif failure:
        parts.append(panel("Predicted", note("The terms that the model adds could not be computed.")))
    else:
        parts.append(panel("Predicted", note(f"{query.name} is not in the vocabulary of the model.")))
    return TagList(head, tags.div(*parts, class_="columns"), download(state))


def _term_columns(state: State, high: float) -> dict[str, Column]:
    return {
        "term": Column("term", as_link(state, term="")),
        "probability": Column(
            "probability", as_probability(high), "number", "Probability that the gene belongs to the term"
        ),
        "auroc": Column("reliability", as_number(2), "number", RELIABILITY),
        "uniqueness": Column("uniqueness", as_number(2), "number", UNIQUENESS),
    }


def gene_columns(found: pd.DataFrame, link: Callable[[Any], Any], *, of: str) -> dict[str, Column]:
    """The columns of predicted genes of a term or a set."""
    high = as_probability(float(found["probability"].max()))
    return {
        "gene": Column("gene", link),
        "probability": Column("probability", high, "number", f"Probability that the gene belongs to the {of}"),
        "zscore": Column("z", as_number(1), "number", "Logit minus the popularity of the gene, standardized"),
        "in_data": Column("in data", as_check),
    }


def _term(work: Workspace, state: State, query: Query) -> Any:
    found = work.genes_of_term(query)
    columns = gene_columns(found, as_link(state, term=""), of="term")
    known, predicted = found[found["known"]], found[~found["known"]]
    auroc = work.reliability(query)
    n_found = int((work.columns_of(list(query.genes)) >= 0).sum())
    about = f"{query.library} · {len(query.genes)} genes, {n_found} in the data"
    about += f" · reliability {auroc:.2f}" if pd.notna(auroc) else ""
    colored = tags.a("Color the cells by it", href=state.link(tab="cells"))
    return TagList(
        tags.h2(nice(query.name), tags.small(about)),
        tags.p(colored, class_="ids"),
        tags.div(
            panel(
                "Its genes", table_of(known, columns), about="By cross-validated probability: last are atypical genes."
            ),
            panel("Predicted genes", table_of(predicted, columns, limit=60), about="Genes that the model adds."),
            class_="columns",
        ),
        download(state),
    )


def report_of_list(work: Workspace, state: State, query: Query) -> Tag:
    """The names of a list as given, their symbols, and those that were not found."""
    report = query.report.assign(in_data=work.columns_of(query.report["symbol"].tolist()) >= 0)
    missing = query.not_found
    lost = report[(report["symbol"] != "") & ~report["in_data"]]["symbol"].tolist()
    columns = {
        "given": Column("given", str),
        "symbol": Column("symbol", lambda s: as_link(state)(s) if s else "–"),
        "status": Column("found as", str),
        "in_data": Column("in data", as_check),
    }
    return panel(
        f"{len(query.genes)} genes of {len(report)} names",
        note(f"Not found: {names(missing, 20)}.", kind="problem") if missing else None,
        note(f"Not in the data: {names(lost, 20)}.") if lost else None,
        table_of(report, columns),
        class_="narrow",
    )


TAB = Tab("functions", "Functions", content, table)
