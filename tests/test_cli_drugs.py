"""``scgsfm drugs`` and ``scgsfm update drugs``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd

import scgsfm
from scgsfm.cli import main
from scgsfm.drugs import open_signatures

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

UP = ["HMOX1", "HSPA1A", "DNAJB1", "PSMD4", "BAG3", "HSPA8", "DDIT4", "GADD45B"]
DOWN = ["CCNA2", "CCNB1", "CDC20", "AURKA", "MYC"]


def test_lists_tables_and_classes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drugs", "--up", *UP, "--down", *DOWN, "-n", "5", "--json"]) == 0
    assert "bortezomib" in [row["compound"] for row in json.loads(capsys.readouterr().out)]
    assert main(["drugs", "--up", *UP, "--down", *DOWN, "--classes", "-n", "2", "--json"]) == 0
    assert {row["kind"] for row in json.loads(capsys.readouterr().out)} == {"mechanism", "target"}
    path = tmp_path / "out.csv"
    assert main(["drugs", "--up", *UP, "--down", *DOWN, "-o", str(path)]) == 0
    expected = scgsfm.tl.drugs(up=UP, down=DOWN)
    assert pd.read_csv(path)["compound"].tolist() == expected["compound"].tolist()
    assert main(["drugs", "-o", str(path), "--force"]) != 0


def test_an_index_is_built_and_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(scgsfm.settings, "cache_dir", tmp_path / "cache")
    genes = [*UP, *DOWN, *open_signatures().genes[:40]]
    for direction, start in (("up", 0), ("down", 8)):
        lines = [f"c{i}@A549#1uM_{i}\t\t" + "\t".join(genes[start + i : start + i + 8]) for i in range(12)]
        (tmp_path / f"{direction}.gmt").write_text("\n".join(lines))
    arguments = ["--up", str(tmp_path / "up.gmt"), "--down", str(tmp_path / "down.gmt"), "--name", "own"]
    assert main(["update", "drugs", *arguments]) == 0
    assert "12 signatures of 12 compounds" in capsys.readouterr().out
    assert main(["drugs", "--up", *UP, "--down", *DOWN, "--index", "own", "-n", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["compound"] == "c0"
    assert main(["update", "phenotypes", *arguments]) != 0
    assert main(["update", "drugs", "--name", "own", "--download"]) != 0
