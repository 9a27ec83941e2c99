"""The served page, by requests without a browser."""

from __future__ import annotations

import io
import json
import socket
import sys
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
import requests

import scgsfm as sg
from scgsfm.explorer import State

from .conftest import EVIL, LIBRARY

pytest.importorskip("shiny", reason="needs the extra explore")

if TYPE_CHECKING:
    from collections.abc import Iterator

    from anndata import AnnData

    from scgsfm.explorer import Explorer, Workspace


@pytest.fixture
def page(cells: AnnData, linear_model: Any) -> Iterator[Explorer]:
    served = sg.explore(cells, libraries={"types": LIBRARY}, model=linear_model, open_browser=False, block=False)
    yield served
    served.stop()


def shown(work: Workspace, **state: Any) -> str:
    """The HTML of a tab."""
    from scgsfm.explorer._tabs import content_of

    made = State(**state)
    return str(content_of(work, made, made.tab))


def test_page_is_served_on_this_computer_only(page: Explorer) -> None:
    assert page.url.startswith("http://127.0.0.1:")
    answer = requests.get(page.url, timeout=10)
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")
    # what the browser loads comes from this server
    assert 'src="http' not in answer.text
    assert 'rel="stylesheet" href="http' not in answer.text
    port = int(page.url.split(":")[2].strip("/"))
    with socket.socket() as other:
        other.settimeout(1)
        assert other.connect_ex(("127.0.0.2", port)) != 0


def test_foreign_requests_are_refused(page: Explorer) -> None:
    for headers in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        for path in ("", "table.csv?query=CD3D", "assets/explorer.js"):
            assert requests.get(page.url + path, headers=headers, timeout=10).status_code == 403


def test_foreign_websockets_are_refused(page: Explorer) -> None:
    port = int(page.url.split(":")[2].strip("/"))
    for origin, status in (("http://evil.example", b"403"), (f"http://127.0.0.1:{port}", b"101")):
        lines = [
            *("GET /websocket/ HTTP/1.1", f"Host: 127.0.0.1:{port}", "Upgrade: websocket", "Connection: Upgrade"),
            *("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13", f"Origin: {origin}", "", ""),
        ]
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall("\r\n".join(lines).encode())
            assert connection.recv(100).split()[1] == status


def test_names_with_html_are_text(page: Explorer) -> None:
    text = requests.get(page.url + State(query=EVIL, group=EVIL, question=EVIL, tab=EVIL).link(), timeout=10).text
    assert "<img src=x" not in text
    assert "<script>window.hacked" not in text
    assert "&lt;img src=x" in text


@pytest.mark.parametrize("tab", ["functions", "complete", "cells", "enrich", "compare", "explain", "ask"])
def test_no_tab_shows_html_of_names(work: Workspace, tab: str) -> None:
    """Of a term, a group of cells, a question, or what was typed."""
    for query in (EVIL, f"CD3D, {EVIL}", f"{EVIL} x") if tab != "ask" else ("",):
        html = shown(work, tab=tab, query=query, question=EVIL, subject="query", condition="condition", sample="donor")
        assert "<img src=x" not in html
        assert "<script" not in html
    if tab == "enrich":
        html = shown(work, tab=tab, subject="group", group=EVIL)
        assert "<img src=x" not in html
        assert "&lt;img src=x" in html


def test_link_sets_the_controls(page: Explorer) -> None:
    state = State(tab="cells", query="CD3D\nCD3E", groupby="donor", expand=True)
    text = requests.get(page.url + state.link(), timeout=10).text
    assert ">CD3D,CD3E</textarea>" in text
    assert '<option value="donor" selected' in text
    assert 'data-value="cells"' in text


def test_tables_are_downloaded(page: Explorer, cells: AnnData) -> None:
    answer = requests.get(page.url + "table.csv" + State(tab="cells", query="CD3D,CD3E").link(), timeout=30)
    assert answer.headers["content-disposition"] == 'attachment; filename="scgsfm_cells.csv"'
    table = pd.read_csv(io.StringIO(answer.text))
    assert list(table) == ["cell", "score", "cell_type"]
    assert table["cell"].tolist() == cells.obs_names.tolist()
    answer = requests.get(page.url + "table.csv" + State(query="T cells").link(), timeout=30)
    assert set(LIBRARY["T cells"]) <= set(pd.read_csv(io.StringIO(answer.text))["gene"])


def test_errors_of_downloads_are_sentences(page: Explorer) -> None:
    answer = requests.get(page.url + "table.csv" + State(tab="compare").link(), timeout=10)
    assert (answer.status_code, answer.text) == (400, "Choose the column of the conditions first.")


def test_errors_are_messages(work: Workspace) -> None:
    said = {
        "nonsense": shown(work, query="zzzgene1"),
        "absent": shown(work, tab="cells", query="BRCA2"),
        "basis": shown(work, tab="cells", query="CD3D", basis="X_nothing"),
        "group": shown(work, tab="enrich", subject="group", groupby="nothing"),
        "same": shown(work, tab="compare", condition="condition", sample="condition"),
    }
    assert all('class="problem"' in html for html in said.values())
    assert "neither a gene nor a part of the name of a term" in said["nonsense"]
    assert "No gene of 'BRCA2' is in the data" in said["absent"]
    assert "has no embedding 'X_nothing'" in said["basis"]


def test_unexpected_errors_are_messages_too(work: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise ZeroDivisionError("oh <b>no</b>")

    monkeypatch.setattr(type(work), "completed", fail)
    html = shown(work, tab="complete", query="CD3D")
    assert "This did not work: oh &lt;b&gt;no&lt;/b&gt; (ZeroDivisionError)" in html


def test_warnings_are_remarks(work: Workspace) -> None:
    html = shown(work, tab="functions", query="CD3D, FOOBAR9")
    assert "Not found: FOOBAR9." in html


def test_what_is_asked_in_words(work: Workspace) -> None:
    assert "FBN1" in shown(work, tab="ask", question="Which gene causes Marfan syndrome?")
    assert 'class="problem"' in shown(work, tab="ask", question="Which gene causes purple hair syndrome?")


def test_short_links(work: Workspace) -> None:
    from scgsfm.explorer._server import short

    state = State(
        library="types", basis="X_umap", groupby="cell_type", mode="overlap", group="T", term="x", reference="r"
    )
    assert short(work, state) == State()
    state = State(tab="enrich", subject="group", group="T", term="x", groupby="donor")
    assert short(work, state) == state


def test_port_in_use(page: Explorer, cells: AnnData) -> None:
    port = int(page.url.split(":")[2].strip("/"))
    with pytest.raises(OSError, match=f"`port` {port} can't be used"):
        sg.explore(cells, libraries={"types": LIBRARY}, port=port, open_browser=False, block=False)


def test_stopped_page_is_gone(cells: AnnData, linear_model: Any) -> None:
    served = sg.explore(cells, libraries={"types": LIBRARY}, model=linear_model, open_browser=False, block=False)
    served.stop()
    with pytest.raises(requests.ConnectionError):
        requests.get(served.url, timeout=5)


def test_missing_extra_is_named(cells: AnnData, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "shiny", None)
    with pytest.raises(ImportError, match=r"pip install 'scgsfm\[explore\]'"):
        sg.explore(cells, open_browser=False)


def test_wrong_data() -> None:
    with pytest.raises(TypeError, match="AnnData"):
        sg.explore(json, open_browser=False)
