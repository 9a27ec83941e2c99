"""``scgsfm explain``: texts, claims and errors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest

import scgsfm
from scgsfm import tl
from scgsfm.cli import main

if TYPE_CHECKING:
    from pathlib import Path

GENES = ["ISG15", "IFIT1", "IFIT3", "MX1", "OAS1"]
FAST = ["--sets", "hallmark", "--no-phenotypes"]


def test_printed_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", *GENES, *FAST]) == 0
    expected = tl.explain(genes=GENES, libraries="hallmark", phenotypes=False)
    assert capsys.readouterr().out.rstrip() == expected.to_markdown().rstrip()
    assert main(["explain", "--gene", "MX1", *FAST, "--json"]) == 0
    claims = json.loads(capsys.readouterr().out)
    assert {claim["verdict"] for claim in claims} == {"supported"}


def test_cells_to_files(tmp_path: Path) -> None:
    adata = scgsfm.datasets.pbmc()
    adata = adata[adata.obs["cell_type"].isin(["B", "NK"])].copy()
    adata.write_h5ad(tmp_path / "cells.h5ad")
    for suffix in ("csv", "html"):
        out = str(tmp_path / f"out.{suffix}")
        assert main(["explain", str(tmp_path / "cells.h5ad"), "--groupby", "cell_type", *FAST, "-o", out]) == 0
    assert set(pd.read_csv(tmp_path / "out.csv")["group"]) == {"B", "NK"}
    assert (tmp_path / "out.html").read_text(encoding="utf-8").count("<h4>") == 2


def test_evidence_of_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    adata = scgsfm.datasets.pbmc()
    adata = adata[adata.obs["cell_type"].isin(["B", "NK"])].copy()
    tl.annotate(adata, markers="pbmc_markers", groupby="cell_type")
    adata.write_h5ad(tmp_path / "cells.h5ad")
    arguments = ["explain", str(tmp_path / "cells.h5ad"), "--groupby", "cell_type", *FAST]
    assert main(arguments) == 0
    assert "The Cell Ontology defines natural killer cell (CL:0000623)" in capsys.readouterr().out
    assert main([*arguments, "--evidence"]) == 0
    assert "Cell Ontology" not in capsys.readouterr().out
    assert main([*arguments, "--evidence", "comparison"]) == 2
    assert "tl.compare" in capsys.readouterr().err


def test_local_language_model_that_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("transformers")
    assert main(["explain", *GENES, *FAST, "--language-model", str(tmp_path / "none")]) != 0
    assert "none" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Give one of"),
        (["MX1", "--gene", "MX1"], "Give one of"),
        (["MX1", "-o", "x.pdf"], "x.pdf must end in"),
        (["a.h5ad", "b.h5ad", "--groupby", "x"], "requires one file"),
    ],
)
def test_errors(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", *arguments, *FAST]) == 2
    assert message in capsys.readouterr().err
