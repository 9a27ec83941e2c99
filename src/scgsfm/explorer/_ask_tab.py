"""The tab to ask questions in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ._elements import TagList, download, note, panel, tags
from ._tab import Tab

if TYPE_CHECKING:
    from ._state import State
    from ._workspace import Workspace

EXAMPLES = (
    "Which gene causes Marfan syndrome?",
    "What does BRCA2 do?",
    "Which phenotypes are associated with FBN1?",
    "Is CFTR related to chronic lung disease?",
)


def content(work: Workspace, state: State) -> Any:
    """The answer with the source of each fact."""
    if not state.question:
        links = [tags.a(each, href=state.link(question=each)) for each in EXAMPLES]
        about = "Answers come from annotations (Human Phenotype Ontology, Orphanet, Gene Ontology), with their sources."
        return panel("Ask about genes, phenotypes and diseases", *map(tags.p, links), about=about, class_="narrow")
    answer = work.answered(state.question)
    sources = list(dict.fromkeys(fact.cite() for fact in answer.facts))
    return TagList(
        panel(
            answer.question,
            tags.p(answer.text, class_="answer") if not answer.declined else note(answer.text, kind="problem"),
            tags.ol(*map(tags.li, sources), class_="sources") if sources else None,
            tags.p(answer.about, class_="quiet"),
            class_="prose",
        ),
        download(state),
    )


def table(work: Workspace, state: State) -> pd.DataFrame:
    """The facts of the answer."""
    if not state.question:
        msg = "Ask a question first."
        raise ValueError(msg)
    return pd.DataFrame(work.answered(state.question).facts)


TAB = Tab("ask", "Ask", content, table, needs_query=False)
