from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import _common
import numpy as np
import pandas as pd
import pytest

if TYPE_CHECKING:
    from pathlib import Path


def test_without_data_a_script_says_so_and_ends_with_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.delenv("SCGSFM_DATA", raising=False)
    with pytest.raises(SystemExit, match="2"):
        _common.data_file(None, "scrna")
    assert "SCGSFM_DATA" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        _common.data_file(tmp_path, "scrna")
    assert "has no scrna" in capsys.readouterr().err
    (tmp_path / "scrna").mkdir()
    monkeypatch.setenv("SCGSFM_DATA", str(tmp_path))
    assert _common.data_file(None, "scrna") == tmp_path / "scrna"


def test_report_tells_how_without_where(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "argv", ["/home/me/benchmarks/speed.py", "--model", f"{tmp_path}/mine", "--repeats", "3"])
    _common.report("speed", pd.DataFrame({"form": ["ours"], "seconds": ["1.50"]}), tmp_path)
    first, *rest = (tmp_path / "speed.csv").read_text().splitlines()
    made, command, cost = first.split("; ")
    assert command == "python benchmarks/speed.py --model mine --repeats 3"
    assert re.fullmatch(r"[\d,]+ s, [\d.]+ GB", cost)
    assert "0.0 GB" not in cost
    assert f"Python {sys.version_info[0]}." in made
    assert rest == ["form,seconds", "ours,1.50"]
    assert "| ours | 1.50    |" in capsys.readouterr().out


def test_at_most_keeps_the_first_cases_of_each_gene_in_an_order() -> None:
    genes, order = list("AABABC"), np.array([5, 3, 1, 2, 0])  # the second B is not among them
    assert _common.at_most(genes, order, 2).tolist() == [False, True, True, True, False, True]
    assert _common.at_most(genes, order, 6).sum() == 5
