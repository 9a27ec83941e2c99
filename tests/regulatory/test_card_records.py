"""Cards, reasoning and activities as JSON lines, written and read in both layouts and styles."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from scgsfm.models.r3lm import CardRecord, build_cards, read_records, write_records
from scgsfm.motifs import Motifs
from scgsfm.regulatory import Claims, write_trace

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any, Literal


@pytest.fixture(scope="module")
def records() -> list[CardRecord]:
    """Cards with and without reasoning, activity and level."""
    rng = np.random.default_rng(0)
    sequences = ["".join(rng.choice(list("ACGT"), 200, p=p)) for p in rng.dirichlet([20] * 4, 12)]
    cards = build_cards(sequences, "HepG2", Motifs.embedded())
    made = []
    for i, card in enumerate(cards):
        claims = Claims(list(range(min(2, len(card.hits)))), [])
        trace = write_trace(card, np.zeros(len(card.hits)), i % 4, claims, rng) if i % 3 else None
        made.append(CardRecord(card, trace, round(rng.normal(), 3) if i % 2 else None, i % 4 if trace else None))
    return made


@pytest.mark.parametrize("style", ["r3lm", "scgsfm"])
@pytest.mark.parametrize("layout", ["sharegpt", "alpaca"])
@pytest.mark.parametrize("name", ["cards.jsonl", "cards.jsonl.gz"])
def test_round_trip(
    records: list[CardRecord],
    tmp_path: Path,
    style: Literal["r3lm", "scgsfm"],
    layout: Literal["sharegpt", "alpaca"],
    name: str,
) -> None:
    path = write_records(tmp_path / name, records, layout=layout, style=style)
    found = read_records(path)
    assert len(found) == len(records)
    for read, record in zip(found, records, strict=True):
        assert (read.card, read.trace, read.activity, read.level) == (
            record.card,
            record.trace,
            record.activity,
            record.level,
        )
    again = write_records(tmp_path / f"again-{name}", found, layout=layout, style=style)
    lines = [(gzip.open if name.endswith("gz") else open)(each, "rt").read() for each in (path, again)]
    assert lines[0] == lines[1]


def test_layout_of_the_publication(records: list[CardRecord], tmp_path: Path) -> None:
    """The messages, fields and card of github.com/DuanYi516/R3LM, r3lm/build_rcc.py and rcc.py."""
    record = records[1]
    card = record.card
    found = json.loads(write_records(tmp_path / "c.jsonl", [record]).read_text())
    assert [message["role"] for message in found["messages"]] == ["system", "user", "assistant"]
    system, user, assistant = (message["content"] for message in found["messages"])
    assert system == (
        "You are a computational regulatory genomics expert specializing in HepG2 cell line biology. Your task is to analyze "
        "the provided DNA sequence features and transcription factor (TF) motifs to predict the gene expression level (0-3)."
        "\nProvide a step-by-step reasoning chain explaining the biological mechanism."
    )
    lines = ["Context:", "- Cell Type: HepG2", f"- GC Content: {card.gc:.3f}", "", "Identified Motifs:"]
    for hit in card.hits:
        place = f"{hit.start + 1}-{hit.end}"
        lines.append(f"- {hit.name} (Family: {hit.family}, Score: {hit.score:.2f}, Strand: {hit.strand}, Pos: {place})")
    assert user == "\n".join([*lines, "", "DNA Sequence:", f"{card.sequence} (Total Length: 200)"])
    assert assistant.startswith("<think>\n1. ")
    assert (found["expression_score"], found["expression_level"]) == (record.activity, record.level)
    alpaca = json.loads(write_records(tmp_path / "a.jsonl", [record], layout="alpaca").read_text())
    assert alpaca["input"] == user
    assert alpaca["instruction"] == "Analyze the regulatory context and predict enhancer activity."
    assert alpaca["output"] == assistant


def test_layouts_of_others(records: list[CardRecord], tmp_path: Path) -> None:
    """ShareGPT as LLaMA-Factory has it by default, and Alpaca with the card in the instruction; positions from 1."""
    user = f"Please read this card.\n\n{records[1].card.text('r3lm')}"
    contents: list[dict[str, Any]] = [
        {"conversations": [{"from": "human", "value": user}, {"from": "gpt", "value": ""}], "system": "x"},
        {"instruction": user, "output": None, "expression_level": float("nan")},
    ]
    path = tmp_path / "others.jsonl"
    path.write_text("\n\n".join(map(json.dumps, contents)), encoding="utf-8-sig")
    assert [record.card for record in read_records(path)] == [records[1].card] * 2


def test_bad_lines(records: list[CardRecord], tmp_path: Path) -> None:
    path = write_records(tmp_path / "c.jsonl", records[1:3])
    good = path.read_text().splitlines()
    other = good[0].replace("</think>", "")
    level = good[1].replace('"expression_level": 2', '"expression_level": 7')
    path.write_text("\n".join([good[0], "{", "[]", '{"a": 1}', '{"messages": []}', other, level]) + "\n")
    with pytest.warns(UserWarning, match=r"5 lines left out \(first line 2: .*1 line kept without reasoning") as told:
        found = read_records(path)
    assert len(told) == 1
    assert [record.trace is None for record in found] == [False, True]
    assert "<think>" in found[1].text
    with pytest.raises(ValueError, match=r"c\.jsonl, line 2: "):
        read_records(path, on_error="raise")
    path.write_text(other)
    with pytest.raises(ValueError, match="line 1: Published reasoning ends with"):
        read_records(path, on_error="raise")


def test_register(records: list[CardRecord], tmp_path: Path) -> None:
    write_records(tmp_path / "a.jsonl", records, register=True)
    write_records(tmp_path / "b.jsonl", records, layout="alpaca", register=True)
    info = json.loads((tmp_path / "dataset_info.json").read_text())
    assert info["a"]["formatting"] == "sharegpt"
    assert info["a"]["file_name"] == "a.jsonl"
    assert info["a"]["columns"] == {"messages": "messages"}
    assert info["a"]["tags"]["assistant_tag"] == "assistant"
    assert info["b"]["columns"] == {"prompt": "instruction", "query": "input", "response": "output"}


def test_choices(records: list[CardRecord], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="`layout` is 'sharegp'.*Did you mean 'sharegpt'"):
        write_records(tmp_path / "c.jsonl", records, layout="sharegp")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="`style` is 'x'"):
        write_records(tmp_path / "c.jsonl", records, style="x")  # type: ignore[arg-type]
