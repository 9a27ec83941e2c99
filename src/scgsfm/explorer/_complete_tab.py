"""The tab that completes a set by the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._elements import (
    TagList,
    as_link,
    download,
    nice,
    panel,
    table_of,
    tags,
)
from ._functions_tab import gene_columns, report_of_list, search_results
from ._tab import Tab

if TYPE_CHECKING:
    import pandas as pd

    from ._state import State
    from ._workspace import Workspace


def content(work: Workspace, state: State) -> Any:
    """Genes that the model adds to the set."""
    query = work.query(state.query)
    if query.kind == "search":
        return search_results(state, query)
    found = work.completed(query)
    added = found[~found["known"]]
    columns = gene_columns(found, as_link(state, tab="functions"), of="set")
    own = int(found["known"].sum())
    about = f"The 100 top-ranked genes for the set, without {own} of its own genes that are among them."
    symbols = added["gene"].head(20).tolist()
    extended = state.link(query=",".join([*query.genes, *symbols]))
    more = tags.p(tags.a(f"Add the first {len(symbols)} to the set", href=extended), class_="ids")
    left = report_of_list(work, state, query) if query.kind == "genes" else None
    return TagList(
        tags.h2(nice(query.name), tags.small(f"{len(query.genes)} genes" if query.kind != "gene" else "one gene")),
        tags.div(
            panel("Genes that belong to the set as well", more, table_of(added, columns), about=about),
            left,
            class_="columns",
        ),
        download(state),
    )


def table(work: Workspace, state: State) -> pd.DataFrame:
    """The completion, with the genes of the set."""
    return work.completed(work.query(state.query))


TAB = Tab("complete", "Complete", content, table)
