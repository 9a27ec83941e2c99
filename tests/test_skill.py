"""The agent skill is generated from the documentation, complete, and copied by `scgsfm skill`."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import scgsfm
from scgsfm.cli import main

if TYPE_CHECKING:
    from types import ModuleType

DOCS = Path(__file__).parents[1] / "docs"
SHIPPED = Path(scgsfm.__file__).parent / "data" / "skill"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("write_skill", DOCS / "write_skill.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_files_are_current(script: ModuleType) -> None:
    made = script.files()
    assert {path.relative_to(script.SKILL) for path in made} == {
        path.relative_to(SHIPPED) for path in SHIPPED.rglob("*.md")
    }
    stale = [path.name for path, text in made.items() if path.read_text(encoding="utf-8") != text]
    assert not stale, "run `python docs/write_skill.py`"


def test_all_functions_of_tl_are_described(script: ModuleType) -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in SHIPPED.rglob("*.md"))
    assert [name for name in scgsfm.tl.__all__ if f"## `sg.tl.{name}`" not in text] == []


def test_links_and_roles(script: ModuleType) -> None:
    index = (SHIPPED / "SKILL.md").read_text(encoding="utf-8")
    assert index.startswith("---\nname: scgsfm\ndescription: ")
    for place in re.findall(r"\]\((references/\w+\.md)\)", index):
        assert (SHIPPED / place).is_file()
    for path in SHIPPED.rglob("*.md"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\{(func|class|doc|cite|attr)[:}]|:(class|func|meth|attr|mod):`", text), path.name
        assert not re.search(r"<\w+ .{0,40} at 0x", text), path.name


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "skills" / "scgsfm"
    assert main(["skill", str(folder)]) == 0
    assert (folder / "SKILL.md").read_bytes() == (SHIPPED / "SKILL.md").read_bytes()
    assert (folder / "references" / "score.md").exists()
    assert main(["skill", str(folder)]) == 2
    assert "--force" in capsys.readouterr().err
    assert main(["skill", str(folder), "--force"]) == 0


def test_own_files_are_not_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also where there is no ``SKILL.md`` yet."""
    (tmp_path / "references").mkdir()
    mine = tmp_path / "references" / "score.md"
    mine.write_text("mine")
    assert main(["skill", str(tmp_path)]) == 2
    assert str(mine) in capsys.readouterr().err
    assert mine.read_text() == "mine"
    assert not (tmp_path / "SKILL.md").exists()
