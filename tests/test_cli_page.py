"""The help page of the command line: it names every command, and its examples print what it shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

import scgsfm
from scgsfm.cli import main
from scgsfm.cli._parser import build_parser, parse
from scgsfm.cli._registry import COMMANDS, SUMMARIES

PAGE = Path(__file__).parents[1] / "docs" / "command_line.md"
if not PAGE.exists():
    pytest.skip("the documentation is not here", allow_module_level=True)
TEXT = PAGE.read_text(encoding="utf-8")
LINES = [line for block in re.findall(r"```bash\n(.*?)```", TEXT, re.DOTALL) for line in block.splitlines()]
OUTPUTS = re.findall(r"```bash\n([^\n]+)\n```\n\n```text\n(.*?)```", TEXT, re.DOTALL)


def test_every_command_has_a_section() -> None:
    assert re.findall(r"^### (\S+)$", TEXT, re.MULTILINE) == list(SUMMARIES)
    assert [topic for topic in COMMANDS if f"\n## {topic}\n" not in TEXT] == []


def test_every_command_has_an_example() -> None:
    commands = {shlex.split(line)[1] for line in LINES if line.startswith("scgsfm ")} - {"scor"}
    assert commands == set(SUMMARIES)


@pytest.mark.parametrize("line", [line for line in LINES if line.startswith("scgsfm ") and "scor " not in line])
def test_examples_are_understood(line: str) -> None:
    assert callable(parse(build_parser(), shlex.split(line)[1:]).run)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the cells of the examples."""
    path = tmp_path_factory.mktemp("page")
    scgsfm.datasets.pbmc().write_h5ad(path / "cells.h5ad")
    return path


def same(shown: str, printed: str) -> bool:
    """Whether two fields are equal, numbers up to 2 %."""
    try:
        return float(printed) == pytest.approx(float(shown), rel=0.02)
    except ValueError:
        return shown == printed


def test_some_outputs_are_compared() -> None:
    assert len(OUTPUTS) >= 8


@pytest.mark.parametrize(("line", "shown"), OUTPUTS)
def test_examples_print_what_the_page_shows(
    line: str, shown: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every shown line is printed; libraries that came later may be printed, too."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "100")
    assert main(shlex.split(line)[1:]) == 0
    printed = [row.split() for row in capsys.readouterr().out.splitlines()]
    for row in shown.splitlines():
        fields = row.split()
        assert any(len(fields) == len(other) and all(map(same, fields, other)) for other in printed), (
            f"{row} is not printed"
        )
