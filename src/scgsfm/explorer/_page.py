"""The page: controls with the values of a link, and a place for each tab."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from shiny import ui

from ._elements import tags
from ._enrich_tab import group_of
from ._tabs import TABS

if TYPE_CHECKING:
    from ._own_data import OwnData
    from ._state import State
    from ._workspace import Workspace

NONE = {"": "–"}
MODES = {"overlap": "overlap", "gsfm": "model"}
SUBJECTS = {"query": "the query", "group": "a group of cells"}


def page(work: Workspace, state: State) -> Any:
    """The page for a state. Texts of the data are escaped by htmltools."""
    panels = [
        ui.nav_panel(tab.title, *_controls(tab.name, work, state), _place(tab.name), value=tab.name)
        for tab in TABS.values()
    ]
    tab = state.tab if state.tab in TABS else "functions"
    return ui.page_bootstrap(
        ui.head_content(
            tags.link(rel="stylesheet", href="assets/explorer.css"),
            tags.link(rel="icon", href="data:,"),
            tags.script(src="assets/explorer.js", defer=""),
        ),
        ui.busy_indicators.use(spinners=False, pulse=True),
        tags.header(
            tags.a("scgsfm", tags.span("explorer"), href="?", class_="brand"),
            tags.span(work.data.title, class_="data"),
            tags.span("Your data are not changed.", class_="quiet"),
            tags.button("Copy link", id="copy", type="button", class_="choice"),
        ),
        tags.main(_sidebar(work, state), tags.div(ui.navset_underline(*panels, id="tab", selected=tab), class_="tabs")),
        title="scgsfm explorer",
        lang="en",
    )


def _place(name: str) -> Any:
    return ui.output_ui(name, class_="content")


def _sidebar(work: Workspace, state: State) -> Any:
    data = work.data
    groups = [
        ui.input_select("groupby", "Groups of cells", data.group_names, selected=_of(state.groupby, data.group_names))
    ]
    return tags.aside(
        ui.input_text_area(
            "query",
            "Gene, term or list of genes",
            state.query,
            rows=5,
            placeholder="BRCA2\ninterferon\nor paste a list in any format",
            spellcheck="false",
            autocomplete="off",
            resize="vertical",
        ),
        ui.input_action_button("show", "Show", class_="main"),
        ui.input_select("library", "Library of terms", list(work.libraries), selected=work.library(state)),
        *(groups if data.groups else []),
        tags.div(ui.input_text("term", None, state.term), hidden=""),
    )


def _controls(tab: str, work: Workspace, state: State) -> list[Any]:
    """The controls of a single tab."""
    data = work.data
    found: list[Any] = []
    if tab == "functions":
        return [tags.p(id="progress", class_="note progress-line", role="status", hidden="")]
    if tab == "cells":
        bases = data.basis_names
        if bases:
            found.append(ui.input_select("basis", "Embedding", bases, selected=_of(state.basis, bases)))
        found.append(ui.input_checkbox("expand", "Complete the set by the model", state.expand))
    elif tab == "compare":
        found = _design(data, state)
    elif tab == "enrich":
        if data.groups:
            found.append(ui.input_select("subject", "Of", SUBJECTS, selected=_of(state.subject, list(SUBJECTS))))
            found.append(_only("subject", "group", _group_select("group", work, state)))
        found.append(
            _only("subject", "query", ui.input_select("mode", "By", MODES, selected=_of(state.mode, list(MODES))))
        )
    elif tab == "explain" and data.groups:
        found.append(ui.input_select("explained", "What", SUBJECTS, selected=_of(state.subject, list(SUBJECTS))))
        found.append(_only("explained", "group", _group_select("explained_group", work, state)))
    elif tab == "ask":
        text = ui.input_text("question", "Question", state.question, width="32rem", placeholder="Which gene causes …?")
        found = [text, ui.input_action_button("ask_now", "Ask", class_="main")]
    return [tags.div(*found, class_="controls")] if found else []


def _only(name: str, value: str, *content: Any) -> Any:
    """Controls that are shown for one value of another one."""
    return ui.panel_conditional(f"(input.{name} || 'query') === '{value}'", *content)


def _group_select(name: str, work: Workspace, state: State) -> Any:
    choices = [str(each) for each in work.data.grouping(_known(work.data, state.groupby)).categories]
    return ui.input_select(name, "Group", choices, selected=group_of(work, _with_known_groups(work, state)))


def _with_known_groups(work: Workspace, state: State) -> State:
    from dataclasses import replace

    return replace(state, groupby=_known(work.data, state.groupby))


def _known(data: OwnData, groupby: str) -> str:
    return groupby if groupby in data.groups else ""


def _design(data: OwnData, state: State) -> list[Any]:
    columns = {**NONE, **{name: name for name in data.group_names}}
    values = references(data, state.condition)
    reference = data.reference(state.condition, state.reference)
    return [
        ui.input_select("condition", "Conditions", columns, selected=_of(state.condition, list(columns))),
        ui.input_select("reference", "Reference", values or NONE, selected=reference),
        ui.input_select("sample", "Samples or donors", columns, selected=_of(state.sample, list(columns))),
        ui.input_checkbox("paired", "Donors have samples of several conditions (paired)", state.paired),
    ]


def _of(value: str, choices: list[str]) -> str:
    """A value of a link if it can be chosen, else the default."""
    return value if value in choices else (choices[0] if choices else "")


def references(data: OwnData, condition: str) -> list[str]:
    """The values of a column of conditions."""
    return [str(each) for each in np.asarray(data.groups[condition].categories)] if condition in data.groups else []
