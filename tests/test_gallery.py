"""The gallery has an example of each plot, and its files are such that the documentation is built with them."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

import scgsfm

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "docs" / "gallery_examples").glob("*/*.py"))
MAX_WIDTH = 88
"""Characters of a line of code that a page shows without scrolling."""


def test_each_plot_has_an_example() -> None:
    drawn = {name for path in EXAMPLES for name in re.findall(r"\bsg\.pl\.(\w+)\(", path.read_text(encoding="utf-8"))}
    assert drawn == set(scgsfm.pl.__all__)


def test_each_example_is_on_the_page_of_the_api() -> None:
    api = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    for path in EXAMPLES:
        place = path.relative_to(ROOT / "docs")
        assert f"{place.parent.as_posix()}/*.py" in api or place.as_posix() in api


def test_each_section_of_the_api_has_a_page_in_the_sidebar() -> None:
    spec = importlib.util.spec_from_file_location("api_pages", ROOT / "docs" / "api_pages.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    api = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    made = script.pages(api)
    assert [f"api/{name}" for name in made] == re.findall(r"^api/\w+$", api, flags=re.MULTILINE)
    # a table with pages of its own would list them all in the sidebar again, below the sections
    assert ":toctree:" not in api
    listed = re.findall(r"^   [A-Za-z][\w.]*$", api, flags=re.MULTILINE)
    assert listed == [name for text in made.values() for name in re.findall(r"^   [A-Za-z][\w.]*$", text, flags=re.M)]
    assert all(text.count("   :toctree: ../generated\n") == text.count(".. autosummary::") for text in made.values())


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_are_executed_and_fit_the_page(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert path.name.startswith("plot_"), "other files are shown, but not executed"
    assert (path.parent / "GALLERY_HEADER.rst").exists()
    compile(text, path.name, "exec")
    code = re.sub(r'^""".*?"""', "", text, flags=re.DOTALL).splitlines()
    assert not [line for line in code if len(line) > MAX_WIDTH and not line.startswith("#")]
