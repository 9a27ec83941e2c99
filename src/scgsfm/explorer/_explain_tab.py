"""The tab that explains the query, or the groups of cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shiny.ui import HTML

from ._elements import TagList, download, nice, note, panel
from ._enrich_tab import group_of
from ._functions_tab import search_results
from ._tab import Tab

if TYPE_CHECKING:
    import pandas as pd

    from scgsfm.explanation import Explanation

    from ._state import State
    from ._workspace import Workspace

ABOUT = (
    "Each sentence is written from retrieved facts, and each claim is checked by separate code. Sentences with a claim that "
    "is not supported are struck. This is not medical advice."
)


def content(work: Workspace, state: State) -> Any:
    """The explanation as text."""
    query = work.query(state.query)
    if state.subject != "group" and query.kind == "search":
        return search_results(state, query)
    if state.subject != "group" and query.kind == "empty":
        return note("Enter a gene, a term or a list of genes, or choose a group of cells.")
    found = _explanation(work, state)
    subject = found.subject if state.subject == "group" else nice(query.name)
    # all texts of `to_html` are escaped
    return TagList(panel(subject, HTML(found.to_html()), about=ABOUT, class_="prose"), download(state))


def _explanation(work: Workspace, state: State) -> Explanation:
    if state.subject == "group":
        group = group_of(work, state)
        found = work.explained_groups(state.groupby)
        if group not in found:
            msg = f"The group {group!r} has no explanation."
            raise ValueError(msg)
        return found[group]
    return work.explained(work.query(state.query))


def table(work: Workspace, state: State) -> pd.DataFrame:
    """The claims with their verdicts."""
    return _explanation(work, state).table


TAB = Tab("explain", "Explain", content, table, needs_query=False)
