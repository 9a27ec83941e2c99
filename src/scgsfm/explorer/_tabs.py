"""The tabs of the page, in their order, and what they show."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from ._ask_tab import TAB as ASK
from ._cells_tab import TAB as CELLS
from ._compare_tab import TAB as COMPARE
from ._complete_tab import TAB as COMPLETE
from ._elements import TagList, note, problem, tags
from ._enrich_tab import TAB as ENRICH
from ._explain_tab import TAB as EXPLAIN
from ._functions_tab import TAB as FUNCTIONS

if TYPE_CHECKING:
    from ._state import State
    from ._workspace import Workspace

TABS = {tab.name: tab for tab in (FUNCTIONS, COMPLETE, CELLS, ENRICH, COMPARE, EXPLAIN, ASK)}
EXAMPLES = {
    "A gene": "BRCA2",
    "A term, by words of its name": "interferon",
    "A list of genes": "ISG15, IFIT1, IFIT3, MX1, OAS1",
}


def content_of(work: Workspace, state: State, tab: str) -> Any:
    """What a tab shows. Errors of the package become messages, and its warnings remarks."""
    chosen = TABS[tab if tab in TABS else "functions"]
    with work.working() as notes:
        try:
            if chosen.needs_query and work.query(state.query).kind == "empty":
                return _welcome(state)
            shown = chosen.content(work, state)
        except Exception as error:  # noqa: BLE001  # else the tab would be blank
            return problem(error)
    return TagList(shown, *(note(text) for text in notes))


def csv_of(work: Workspace, state: State) -> str:
    """The table of a tab as CSV."""
    out = io.StringIO()
    tab = TABS[state.tab if state.tab in TABS else "functions"]
    if tab is FUNCTIONS:
        work.predict(state, wait=True)
    with work.working():
        tab.table(work, state).to_csv(out, index=False, float_format="%.6g")
    return out.getvalue()


def _welcome(state: State) -> Any:
    links = [tags.p(f"{what}: ", tags.a(text, href=state.link(query=text))) for what, text in EXAMPLES.items()]
    text = "Enter a gene, a term or a list of genes on the left. All tabs are about it."
    return tags.section(tags.h3("What would you like to look at?"), tags.p(text), *links, class_="panel narrow welcome")
