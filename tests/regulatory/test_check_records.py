"""Checks of files of cards and reasoning: each rule, broken once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from scgsfm.models.r3lm import Card, CardRecord, Hit, check_records, write_records
from scgsfm.regulatory import Claims, write_trace

if TYPE_CHECKING:
    from pathlib import Path

CARD = Card(
    "K562",
    0.5,
    (),
    (Hit("GATA1", "C4-GATA-related", 12.0, "+", 10, 21), Hit("KLF1", "KLF", 9.0, "-", 100, 111)),
    "ACGT" * 50,
)


@pytest.fixture
def line(tmp_path: Path) -> str:
    trace = write_trace(CARD, np.zeros(2), 2, Claims([0], [1]), np.random.default_rng(0))
    return write_records(tmp_path / "one.jsonl", [CardRecord(CARD, trace, 0.7, 2)]).read_text()


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        ("Context:", "Context:", "ok"),
        ("GC Content: 0.500", "GC Content: 0.510", "GC content"),
        ("Pos: 101-111", "Pos: 195-211", "motif outside the sequence"),
        ("Score: 9.00", "Score: 13.00", "motifs not ordered by score"),
        ("(Family: KLF, Score: 9.00, Strand: -, Pos: 101-", "(Family: C4-GATA-related, Score: 9.00, Strand: -, Pos: 21-", "overlapping motifs of a family"),
        ("</think>", "", "malformed reasoning"),
        ("Activity level: 2", "Activity level: 1", "other level"),
        ("at 11-21", "at 12-21", "not on the card"),
        ("\\n2. ", "\\n2. As SPI1 shows, ", "not on the card"),
        ("- Cell Type", "- Cell", "no card"),
    ],
)  # fmt: skip
def test_rules(line: str, tmp_path: Path, old: str, new: str, status: str) -> None:
    assert old in line
    path = tmp_path / "c.jsonl"
    path.write_text(line.replace(old, new))
    table = check_records(path, known_names=["SPI1", "GATA1", "AR"])
    assert table["status"].tolist() == [status]
    if status in ("ok", "other level"):
        assert table[["n_motifs", "n_steps", "measured_level"]].iloc[0].tolist() == [2, 5, 2]
        assert table["activity"].tolist() == [0.7]
    assert (table["problems"] == "").tolist() == [status == "ok"]


def test_free_text_and_no_reasoning(line: str, tmp_path: Path) -> None:
    content = json.loads(line)
    steps = "\n".join(f"{i}. It is so, from level 0-3 within 5-7 bases." for i in range(1, 6))
    path, lines = tmp_path / "c.jsonl", []
    for answer in ("", f"<think>\n{steps}\n</think>\nlevel 2"):
        content["messages"][2]["content"] = answer
        lines.append(json.dumps(content))
    path.write_text("\n".join(lines))
    assert check_records(path)["status"].tolist() == ["no reasoning", "no evidence"]


def test_empty(tmp_path: Path) -> None:
    (tmp_path / "c.jsonl").write_text("")
    table = check_records(tmp_path / "c.jsonl")
    assert len(table) == 0
    assert "measured_level" in table
