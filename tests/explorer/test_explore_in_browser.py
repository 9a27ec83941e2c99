"""The page in headless Chromium: ``pip install playwright``, and Chromium or Chrome on the path.

`.ci/run` installs playwright where there is a browser.
"""

from __future__ import annotations

import re
import shutil
import time
from typing import TYPE_CHECKING, Any

import pytest

import scgsfm as sg
from scgsfm._progress import progress_over
from scgsfm.explorer import State, Workspace

from .conftest import EVIL, LIBRARY

pytest.importorskip("shiny", reason="needs the extra explore")
sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
if CHROMIUM is None:
    pytest.skip("needs Chromium", allow_module_level=True)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from anndata import AnnData

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
MOST_MS = 120_000
"""The first page waits for kernels to be compiled, and other tests may run meanwhile."""
DONE = """() => {
  const shown = document.querySelector('.tab-pane.active .content');
  const busy = document.documentElement.classList.contains('shiny-busy');
  return shown && shown.children.length > 0 && !shown.classList.contains('recalculating') && !busy;
}"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def tab_of(chromium: Any) -> Iterator[Callable[[str], Any]]:
    """Opens tabs of the browser. At the end, nothing may have failed, and nothing may have left this computer."""
    context = chromium.new_context(viewport={"width": 1400, "height": 900})
    context.set_default_timeout(MOST_MS)
    problems: list[str] = []

    def on_request(request: Any) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "data:")):
            problems.append(f"request of {request.url}")

    def make(url: str) -> Any:
        tab = context.new_page()
        tab.on("request", on_request)
        tab.on("pageerror", lambda error: problems.append(str(error)))
        tab.on("console", lambda said: problems.append(said.text) if "Content Security Policy" in said.text else None)
        tab.goto(url)
        tab.wait_for_function(DONE)
        return tab

    yield make
    context.close()
    assert problems == []


@pytest.fixture
def serve(linear_model: Any) -> Iterator[Callable[[AnnData], str]]:
    pages = []

    def make(adata: AnnData) -> str:
        options: dict[str, Any] = {"libraries": {"types": LIBRARY}, "model": linear_model}
        pages.append(sg.explore(adata, **options, open_browser=False, block=False))
        return str(pages[-1].url)

    yield make
    for page in pages:
        page.stop()


def text_of(tab: Any) -> str:
    tab.wait_for_function(DONE)
    return str(tab.inner_text(".tab-pane.active .content"))


def enter(tab: Any, text: str) -> str:
    """Type a text, and press Enter."""
    tab.fill("#query", text)
    tab.press("#query", "Enter")
    tab.wait_for_function("text => decodeURIComponent(location.search).includes(text)", arg=text)
    tab.wait_for_timeout(300)  # the link changes just before the content
    return text_of(tab)


def test_search_and_nonsense(serve: Callable[..., str], tab_of: Callable[[str], Any], cells: AnnData) -> None:
    tab = tab_of(serve(cells))
    assert "What would you like to look at?" in text_of(tab)
    assert "Known in types" in enter(tab, "CD3D")
    assert re.search(r"T cells\s", text_of(tab))
    assert "neither a gene nor a part of the name of a term" in enter(tab, "zzzgene1")
    assert "Terms with" in enter(tab, "cells")
    tab.click("text=B cells")
    assert "Its genes" in text_of(tab)
    assert "query=B%20cells" in tab.url


def test_progress_of_predictions(
    serve: Callable[..., str], tab_of: Callable[[str], Any], cells: AnnData, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = Workspace._functions

    def slow(self: Workspace, library: str) -> Any:
        for _ in progress_over(range(70), total=70, unit="steps", description="Cross-validating"):
            time.sleep(0.03)
        return full(self, library)

    monkeypatch.setattr(Workspace, "_functions", slow)
    tab = tab_of(serve(cells) + "?query=CD4")
    assert "being computed" in text_of(tab)
    tab.wait_for_selector("#progress:text-matches('Cross-validating: [0-9]+ %')")
    tab.click("a[data-value='cells']")
    assert "1 of 1 genes in the data" in text_of(tab)
    tab.click("a[data-value='functions']")
    # by itself, when it is there
    tab.wait_for_selector(".tab-pane.active .panel:has(h3:text-is('Predicted')) .bar .fill")
    tab.wait_for_selector("#progress", state="hidden")
    assert "being computed" not in text_of(tab)


def test_try_again(
    serve: Callable[..., str], tab_of: Callable[[str], Any], cells: AnnData, monkeypatch: pytest.MonkeyPatch
) -> None:
    full, n_calls = Workspace._functions, []

    def fail_twice(self: Workspace, library: str) -> Any:
        n_calls.append(library)
        if len(n_calls) < 3:
            raise OSError("no space left on the device")
        return full(self, library)

    monkeypatch.setattr(Workspace, "_functions", fail_twice)
    tab = tab_of(serve(cells) + "?query=CD4")
    for _ in range(2):
        tab.wait_for_selector("text=no space left on the device")
        assert "Known in types" in text_of(tab)
        tab.click("button:text-is('Try again')")
        tab.wait_for_selector("#progress", state="hidden")
    tab.wait_for_selector(".tab-pane.active .panel:has(h3:text-is('Predicted')) .bar .fill")
    assert tab.locator("button:text-is('Try again')").count() == 0
    assert len(n_calls) == 3


def test_paste_in_windows_format(serve: Callable[..., str], tab_of: Callable[[str], Any], cells: AnnData) -> None:
    tab = tab_of(serve(cells))
    tab.click("a[data-value='complete']")
    tab.focus("#query")
    paste = """text => {
      const area = document.getElementById('query');
      area.value = text;
      area.dispatchEvent(new ClipboardEvent('paste', {bubbles: true}));
    }"""
    tab.evaluate(paste, "CD3D\r\nENSG00000198851\r\nFOOBAR9\r\n")
    tab.wait_for_selector("text=Genes that belong to the set as well")
    assert "Not found: FOOBAR9." in text_of(tab)
    assert "query=CD3D,ENSG00000198851,FOOBAR9" in tab.url


def test_reload_and_two_tabs(serve: Callable[..., str], tab_of: Callable[[str], Any], cells: AnnData) -> None:
    url = serve(cells)
    first, second = tab_of(url), tab_of(f"{url}?tab=cells&query=MS4A1")
    enter(first, "CD3D, CD3E")
    first.click("a[data-value='cells']")
    first.check("#expand")
    first.select_option("#groupby", "donor")
    first.wait_for_selector("h3:text-is('donor')")
    link = first.url
    assert "CD3D" not in text_of(second)
    first.reload()
    again = text_of(first)
    assert "CD3D, CD3E" in again
    assert "added by the model" in again
    assert first.input_value("#groupby") == "donor"
    assert first.url == link
    assert "MS4A1" in text_of(second)


def test_names_with_html_are_text(serve: Callable[..., str], tab_of: Callable[[str], Any], cells: AnnData) -> None:
    url = serve(cells)
    for name in ("functions", "cells", "enrich"):
        query = State(tab=name, query=EVIL, subject="group", condition="condition", sample="donor")
        tab = tab_of(url + query.link())
        assert tab.evaluate("() => window.hacked") is None
        tab.close()


def test_fifty_thousand_cells(
    serve: Callable[..., str], tab_of: Callable[[str], Any], make_cells: Callable[[int], AnnData]
) -> None:
    tab = tab_of(serve(make_cells(50_000)) + "?tab=cells&query=CD3D,CD3E")
    assert "2 of 2 genes in the data" in text_of(tab)
    assert "50,000 cells" in text_of(tab)
    enter(tab, "MS4A1, CD79A")
    assert tab.locator(".map img").count() == 2
    sizes = tab.evaluate("() => [...document.querySelectorAll('.map img')].map(each => each.naturalWidth)")
    assert min(sizes) > 1000


def test_barcode_of_a_chosen_term(serve: Callable[..., str], tab_of: Callable[[str], Any], cells: AnnData) -> None:
    tab = tab_of(serve(cells) + "?tab=enrich&subject=group&group=T")
    tab.click("button:text-is('B cells')")
    tab.wait_for_selector("h3:text-is('B cells')")
    assert "term=B%20cells" in tab.url
    assert tab.locator("img.picture").count() == 1
