"""``scgsfm gene-page``: pages as text, Markdown, HTML, table and JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from scgsfm import tl
from scgsfm.cli import main

if TYPE_CHECKING:
    from pathlib import Path

SETS = ["--sets", "cell_cycle", "pbmc_markers"]
ASK = ["gene-page", "ENSG00000010610", *SETS, "-n", "2"]


def test_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(ASK) == 0
    expected = tl.gene_page("ENSG00000010610", libraries=SETS[1:], n_top=2)
    assert capsys.readouterr().out == expected.to_markdown()


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ASK, "--json"]) == 0
    page = json.loads(capsys.readouterr().out)
    assert (page["symbol"], page["location"], page["ids"]["Entrez"]) == ("CD4", "12p13.31", "920")
    assert {row["library"] for row in page["terms"]} == set(SETS[1:])


def test_files(tmp_path: Path) -> None:
    expected = tl.gene_page("CD4", libraries=SETS[1:], n_top=2)
    for suffix in ("md", "html", "csv"):
        assert main(["gene-page", "CD4", *SETS, "-n", "2", "-o", str(tmp_path / f"page.{suffix}")]) == 0
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == expected.to_markdown()
    html = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert html.startswith("<!DOCTYPE html>")
    assert expected.to_html() in html
    table = pd.read_csv(tmp_path / "page.csv")
    pd.testing.assert_frame_equal(table, expected.table, check_dtype=False, check_exact=False, rtol=1e-4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["nothing"], "'nothing' is not a gene"), (["CD4", "-o", "page.pdf"], "page.pdf must end in .md, .html or .csv")],
)
def test_errors(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gene-page", *arguments, *SETS]) == 2
    assert message in capsys.readouterr().err
