"""The tab that compares conditions, with samples as replicates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ._elements import (
    Column,
    TagList,
    as_bar,
    as_count,
    as_link,
    as_pvalue,
    download,
    nice,
    note,
    panel,
    picture,
    table_of,
    tags,
)
from ._tab import Tab

if TYPE_CHECKING:
    from ._state import State
    from ._workspace import Workspace


def content(work: Workspace, state: State) -> Any:
    """Terms that differ between conditions in each group, and the samples of the query."""
    if not state.condition:
        return note(
            "Choose the column of the conditions, and that of the samples or donors, which are the replicates. "
            "Without samples there are effects, but no p-values."
        )
    found, key = work.compared(state)
    columns = {
        "cell_type": Column("group", str, "short"),
        "set": Column("term", as_link(state, tab="cells")),
        "standardized_effect": Column(
            "effect",
            as_bar(_high(found), digits=2, signed=True),
            "number",
            "In standard deviations of cells within samples",
        ),
        "padj": Column("adjusted p", as_pvalue, "number"),
        "n_samples": Column("samples", as_count, "number", "Samples of the condition"),
    }
    first = found.iloc[0]
    about = f"{first['condition']} versus {first['reference']} · positive effects are higher in {first['condition']}"
    shown = table_of(found.sort_values(["pvalue"], kind="stable"), columns, limit=60)
    right = [panel("Top terms by group", picture(work.compared_picture(key, kind="dot"), "Effects by group"))]
    query = work.query(state.query)
    if query.kind in ("gene", "term", "genes"):
        right.insert(0, _of_query(work, state))
    return TagList(
        tags.h2("Conditions", tags.small(f"{state.condition} · {work.library(state)}")),
        tags.div(panel("Differences", shown, about=about), tags.div(*right, class_="stack"), class_="columns"),
        download(state),
    )


def _of_query(work: Workspace, state: State) -> Any:
    query = work.query(state.query)
    found, key = work.compared(state, query)
    best = found.sort_values("pvalue", kind="stable").iloc[0]
    p = f" · p = {as_pvalue(best['pvalue'])}" if pd.notna(best["pvalue"]) else ""
    about = f"{best['cell_type']}: standardized effect {best['standardized_effect']:.2f}{p}. A point is a sample."
    png = work.compared_picture(key, kind="samples", term=query.name, groups=(str(best["cell_type"]),))
    return panel(f"Your query: {nice(query.name)}", picture(png, "Samples"), about=about)


def _high(found: pd.DataFrame) -> float:
    effects = found["standardized_effect"].abs().dropna()
    return float(effects.quantile(0.99)) if len(effects) else 1.0


def table(work: Workspace, state: State) -> pd.DataFrame:
    """The comparison of all terms and groups."""
    if not state.condition:
        msg = "Choose the column of the conditions first."
        raise ValueError(msg)
    return work.compared(state)[0]


TAB = Tab("compare", "Compare", content, table, needs_query=False)
