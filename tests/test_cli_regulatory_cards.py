"""``scgsfm regulatory --cards``, and the check of cards."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from scgsfm.cli import main
from scgsfm.models.r3lm import build_cards, read_records
from scgsfm.motifs import Motifs

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    sequences = ["".join(row) for row in rng.choice(list("ACGT"), (12, 200))]
    (tmp_path / "elements.fa").write_text(f">a\n{sequences[0]}\n>b\n{sequences[1]}\n")
    (tmp_path / "genome.fa").write_text(f">chr1\n{''.join(sequences)}\n")
    (tmp_path / "peaks.bed").write_text("chr1\t200\t400\n")
    rows = [f"{sequence}\t{i / 3:.3f}\t{i % 4}" for i, sequence in enumerate(sequences)]
    (tmp_path / "activity.tsv").write_text("\n".join(["sequence\tHepG2\tK562", *rows]) + "\n")
    return tmp_path


def run(folder: Path, line: str) -> int:
    words = [str(folder / word) if "." in word else word for word in line.split()]
    return main(["regulatory", *words])


def test_elements(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("pyfaidx")
    assert run(folder, "elements.fa --cards sharegpt --cell-type K562 HepG2 -o cards.jsonl --register") == 0
    assert capsys.readouterr().out.endswith("cards.jsonl: 4 cards\n")
    records = read_records(folder / "cards.jsonl")
    sequences = [record.card.sequence for record in records[:2]]
    assert [record.card for record in records[2:]] == build_cards(sequences, "HepG2", Motifs.embedded(), fimo=True)
    assert json.loads((folder / "dataset_info.json").read_text())["cards"]["file_name"] == "cards.jsonl"
    own = "peaks.bed --genome genome.fa --cards alpaca --card-style scgsfm --cell-type K562 -o peaks.jsonl"
    assert run(folder, own) == 0
    assert [record.card for record in read_records(folder / "peaks.jsonl")] == build_cards(
        sequences[1:], "K562", Motifs.embedded()
    )


def test_measured_and_checked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "activity.tsv --cards sharegpt --cell-type HepG2 K562 -o train.jsonl.gz") == 0
    records = read_records(folder / "train.jsonl.gz")
    table = pd.read_csv(folder / "activity.tsv", sep="\t").set_index("sequence")
    assert len(records) == 24
    for record in records:
        assert record.activity == pytest.approx(table.loc[record.card.sequence, record.card.cell_type], abs=1e-5)
        assert record.trace is not None
        assert record.level == record.trace.level
    assert run(folder, "train.jsonl.gz -o checks.csv") == 0
    assert "24 cards, 24 without a problem" in capsys.readouterr().out
    assert pd.read_csv(folder / "checks.csv")["status"].tolist() == ["ok"] * 24


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("activity.tsv -o x.jsonl", "--cards: needed to write cards"),
        ("elements.fa --cards alpaca -o x.jsonl", "--cell-type: needed"),
        ("elements.fa --cards alpaca --cell-type K562 -o x.csv", "must end in .jsonl"),
        ("elements.fa --cards alpaca --cell-type K562 --explain -o x.jsonl", "--explain: no effect on cards"),
        ("v.vcf --genome genome.fa --cards alpaca --cell-type K562 -o x.jsonl", "variants have no cards"),
        ("c.jsonl --cell-type K562 -o x.csv", "--cell-type: no effect on the check of cards"),
        ("none.jsonl -o x.csv", "does not exist"),
        ("elements.fa --card-style r3lm -o x.csv", "--card-style (it needs --cards)"),
    ],
)
def test_refusals(folder: Path, capsys: pytest.CaptureFixture[str], line: str, told: str) -> None:
    assert run(folder, line) == 2
    assert told in capsys.readouterr().err
