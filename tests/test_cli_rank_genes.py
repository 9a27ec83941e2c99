"""``scgsfm rank-genes``: phenopackets, folders, tables, terms, candidates and explanations."""

from __future__ import annotations

import io
import json
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from scgsfm import tl
from scgsfm.cli import main

if TYPE_CHECKING:
    from pathlib import Path

TERMS = ["Ectopia lentis", "HP:0001166"]


@pytest.fixture
def packet(tmp_path: Path) -> Path:
    features = [{"type": {"id": "HP:0001083"}}, {"type": {"id": "HP:0001166"}}]
    path = tmp_path / "patients" / "p1.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"phenotypicFeatures": [*features, {"type": {"id": "HP:0001250"}, "excluded": True}]}))
    return path


def written(arguments: list[str], tmp_path: Path) -> pd.DataFrame:
    path = tmp_path / "out.csv"
    assert main(["rank-genes", *arguments, "-o", str(path), "--force"]) == 0
    return pd.read_csv(path, keep_default_na=False)


def test_a_phenopacket_a_folder_and_terms_agree(packet: Path, tmp_path: Path) -> None:
    expected = tl.rank_genes(TERMS, excluded=["Seizure"], n_top=5)
    for given in ([str(packet)], [*TERMS, "--excluded", "Seizure"]):
        table = written([*given, "-n", "5"], tmp_path)
        pd.testing.assert_frame_equal(table, expected, check_dtype=False, check_exact=False)
    table = written([str(packet.parent)], tmp_path)
    assert table["patient"].tolist() == ["p1"] * 100
    assert table["gene"].head(5).tolist() == expected["gene"].tolist()


def test_tables_and_candidates(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("patient,phenotypes,excluded\na,Ectopia lentis;HP:0001166,\nb,Seizure|Ataxia,HP:0001166\n")
    table = written([str(path), "--candidates", "FBN1", "SCN1A"], tmp_path)
    assert table.groupby("patient")["gene"].first().tolist() == ["FBN1", "SCN1A"]


def test_printed_explanations(packet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rank-genes", str(packet), "--explain", "-n", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["gene", "score", "name", "state", "match", "annotated_name"]
    assert [line.split()[0] for line in lines[1:4]] == ["FBN1"] * 3
    assert "medical advice" in lines[-1]


def test_terms_from_a_pipe(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    text = "HP:0001083\nHP:0001166\nHP:0001250\texcluded\n"
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text.encode())))
    assert main(["rank-genes", "-", "-n", "2"]) == 0
    genes = [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:3]]
    assert genes == tl.rank_genes(TERMS, excluded=["Seizure"], n_top=2)["gene"].tolist()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.json"], "missing.json does not exist"),
        (["HP:0000006"], "None of the terms in `phenotypes` can be used"),
        (["Seizure", "--candidates", "QQQ1"], "1 of 1 genes in `candidates` are unknown"),
    ],
)
def test_errors(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rank-genes", *arguments]) == 2
    assert message in capsys.readouterr().err
