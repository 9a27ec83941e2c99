"""The first Python block of each page runs as pasted, and all blocks of the pages that answer questions.

Each page has a namespace and a folder of its own, and no network. Blocks of one page follow each other.
"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

import scgsfm

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("[!_]*.md")), *sorted((DOCS / "methods").glob("*.md"))]
ALL_BLOCKS = {"choose_method", "coming_from", "faq", "scoring", "usage_principles"}
"""Pages of which every block runs; of the others, the first."""
NEEDS = {"annotation": "igraph", "gpgpt": "transformers"}
"""Extra packages that a page needs and names."""
NOT_RUN = {"explorer": "opens a browser", "training": "trains a model for an hour"}
"""Pages whose first block is not run, and why."""
MAX_WIDTH = 88
"""Characters of a line of code that a page shows without scrolling."""


def blocks(page: Path) -> list[tuple[int, str]]:
    """Return the Python blocks of a page with their line numbers."""
    text = page.read_text(encoding="utf-8")
    found = re.finditer(r"^( *)```python\n(.*?)^\1```$", text, flags=re.DOTALL | re.MULTILINE)
    return [(text.count("\n", 0, block.start()) + 2, _outdented(block[2], block[1])) for block in found]


def _outdented(code: str, indent: str) -> str:
    return "".join(line.removeprefix(indent) for line in code.splitlines(keepends=True))


RUNS = {
    page.relative_to(DOCS if DOCS in page.parents else ROOT).with_suffix("").as_posix(): page
    for page in PAGES
    if blocks(page)
}


@pytest.mark.parametrize("name", RUNS)
def test_blocks_run_as_pasted(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if name in NOT_RUN:
        pytest.skip(NOT_RUN[name])
    if name in NEEDS:
        pytest.importorskip(NEEDS[name])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(scgsfm.settings, "offline", True)
    monkeypatch.setattr(scgsfm.settings, "verbosity", 0)
    page = RUNS[name]
    namespace: dict[str, object] = {"__name__": "__main__"}
    with mpl.rc_context({"backend": "agg"}):
        for line, code in blocks(page)[: None if page.stem in ALL_BLOCKS else 1]:
            exec(compile("\n" * (line - 1) + code, str(page), "exec"), namespace)
        plt.close("all")


def test_no_line_of_code_is_cut() -> None:
    wide = [
        f"{page.name}:{line + i}"
        for name, page in RUNS.items()
        if name not in NOT_RUN
        for line, code in blocks(page)
        for i, text in enumerate(code.splitlines())
        if len(text) > MAX_WIDTH
    ]
    assert not wide


def test_readers_see_blocks_of_python_only_as_such() -> None:
    """Blocks in other spellings would not run."""
    other = re.compile(r"^ *```(py|Python|ipython|pycon)\b|^ *~~~python", flags=re.MULTILINE)
    assert not [page.name for page in PAGES if other.search(page.read_text(encoding="utf-8"))]


def test_tables_of_the_benchmarks_can_be_downloaded_and_charts_are_shown() -> None:
    pages = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    tables = {path.name for path in (DOCS / "benchmarks").glob("*.csv")}
    charts = {path.name for path in (DOCS / "benchmarks").glob("*.png")}
    linked = {Path(target).name for target in re.findall(r"\{download\}`[^`<]*<([^>`]+\.csv)>`", pages)}
    assert linked == tables
    assert set(re.findall(r"(?:\} |\]\()(?:\.\./)?benchmarks/(\w+\.png)", pages)) == charts


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("write_methods", DOCS / "write_methods.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_pages_of_the_methods_are_current() -> None:
    script = _script()
    stale = [
        path.name
        for path, (label, body) in script.pages().items()
        if not path.exists() or script.update(text := path.read_text(encoding="utf-8"), label, body) != text
    ]
    assert not stale, "run `python docs/write_methods.py`"


def test_each_method_has_a_page_and_all_of_its_parameters() -> None:
    script = _script()
    listed = {path.stem for path in (DOCS / "methods").glob("*.md")}
    assert listed == set(scgsfm.methods().index)
    for name, method in script.METHODS.items():
        text = (DOCS / "methods" / f"{name}.md").read_text(encoding="utf-8")
        assert not [parameter for parameter in method.parameters if f"`{parameter}` : `" not in text]
        assert f"methods/{name}\n" in (DOCS / "choose_method.md").read_text(encoding="utf-8")
        assert all((method.task, method.when, method.avoid, method.peer))
