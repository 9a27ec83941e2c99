"""The server of the page: a Shiny app with downloads, behind the guard."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shiny import App, reactive, render, ui
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from ._guard import Guard
from ._page import page, references
from ._state import State
from ._tabs import TABS, content_of, csv_of

if TYPE_CHECKING:
    from shiny import Inputs, Outputs, Session
    from starlette.requests import Request

    from ._workspace import Workspace

ASSETS = Path(__file__).parent / "assets"
OWN_SUBJECT = {"explain": ("explained", "explained_group")}
"""Tabs with controls of their own for what they are about."""
SECONDS_BETWEEN = 0.7
"""Between two looks at what is computed in the background."""


def server_of(work: Workspace, port: int) -> Guard:
    """The ASGI app for a workspace."""

    def shown(request: Request) -> Any:
        return page(work, State.from_query(request.url.query))

    def session(input: Inputs, output: Outputs, session: Session) -> None:  # Shiny's names
        _connect(work, input, output, session)

    async def table(request: Request) -> Response:
        try:
            state = State.from_query(request.url.query)
            text = await asyncio.to_thread(csv_of, work, state)
        except Exception as error:  # noqa: BLE001  # the browser shows the reason
            return PlainTextResponse(str(error), status_code=400)
        name = f"{state.tab if state.tab in TABS else 'functions'}.csv"
        headers = {"Content-Disposition": f'attachment; filename="scgsfm_{name}"'}
        return Response(text, media_type="text/csv; charset=utf-8", headers=headers)

    app = App(shown, session, static_assets={"/assets": ASSETS})
    return Guard(Starlette(routes=[Route("/table.csv", table), Mount("/", app)]), port)


def _connect(work: Workspace, input: Inputs, output: Outputs, session: Session) -> None:
    """What a page shows, for the values of its controls."""

    @reactive.calc
    @reactive.event(input.show, ignore_none=False)
    def query() -> str:
        return str(input.query() or "")

    @reactive.calc
    @reactive.event(input.ask_now, ignore_none=False)
    def question() -> str:
        return str(input.question() or "")

    @reactive.calc
    def state() -> State:
        tab = str(input.tab() or "")
        subject, group = OWN_SUBJECT.get(tab, ("subject", "group"))
        names = ("library", "basis", "groupby", "expand", "mode", "term", "condition", "sample", "reference", "paired")
        given = {name: _value(input, name) for name in names}
        given |= {"subject": _value(input, subject) or "query", "group": _value(input, group), "tab": tab}
        return State.of(given | {"query": query(), "question": question()})

    @reactive.effect
    async def _link() -> None:
        await session.send_custom_message("scgsfm-state", {"query": short(work, state()).to_query()})

    @reactive.effect
    @reactive.event(input.groupby, ignore_init=True)
    def _groups() -> None:
        choices = [str(each) for each in work.data.grouping(str(input.groupby())).categories]
        for name in ("group", "explained_group"):
            ui.update_select(name, choices=choices, session=session)

    @reactive.effect
    @reactive.event(input.condition, ignore_init=True)
    def _references() -> None:
        condition = str(input.condition())
        choices: Any = references(work.data, condition) or {"": "–"}
        ui.update_select("reference", choices=choices, selected=work.data.reference(condition), session=session)

    @reactive.effect(priority=2)  # before its progress is shown
    @reactive.event(input.again)
    async def _again() -> None:
        with contextlib.suppress(Exception):  # the tab shows what is wrong with the query
            await asyncio.to_thread(work.predict, state(), again=True)

    stage = _stage(work, state, session, lambda: _value(input, "again"))
    for name in TABS:
        output(id=name)(_renderer(work, state, name, stage if name == "functions" else lambda: None))


def _stage(work: Workspace, state: Any, session: Session, again: Any) -> Any:
    """The number of results from the background so far. They are started, and their progress is shown, by an effect.

    The effect runs for a new state, when something is tried ``again``, and while something is computed.
    """
    stage: reactive.Value[int] = reactive.Value(work.stage)

    @reactive.effect(priority=1)  # before the tab is shown
    async def _predict() -> None:
        current, text = state(), ""
        again()
        if current.tab == "functions":
            with contextlib.suppress(Exception):  # the tab shows what is wrong with the query
                if await asyncio.to_thread(work.predict, current):
                    text = work.progress(work.library(current))
        stage.set(work.stage)
        await session.send_custom_message("scgsfm-progress", {"text": text})
        if text:
            reactive.invalidate_later(SECONDS_BETWEEN)

    return stage


def short(work: Workspace, state: State) -> State:
    """The state without choices that are the default or that its tab does not show, so that links are short."""
    defaults = {"library": next(iter(work.libraries)), "mode": "overlap"}
    defaults |= {name: names[0] for name, names in _choices(work).items() if names}
    unused = {name: "" for name, value in defaults.items() if getattr(state, name) == value}
    if state.subject != "group" or state.tab not in ("enrich", "explain"):
        unused |= {"subject": "query", "group": "", "term": ""}
    if state.tab != "enrich":
        unused["term"] = ""
    if not state.condition:
        unused |= {"reference": "", "sample": ""}
    return replace(state, **unused)  # type: ignore[arg-type]


def _choices(work: Workspace) -> dict[str, list[str]]:
    return {"basis": work.data.basis_names, "groupby": work.data.group_names}


def _renderer(work: Workspace, state: Any, name: str, changes: Any) -> Any:
    """The content of a tab for the state, and again when there are changes."""

    @render.ui
    async def shown() -> Any:
        current = state()
        changes()
        return await asyncio.to_thread(content_of, work, current, name)

    return shown


def _value(input: Inputs, name: str) -> Any:
    """The value of a control, None if the page does not have it."""
    return input[name]() if name in input else None
