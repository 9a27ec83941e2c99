from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import render

if TYPE_CHECKING:
    from pathlib import Path


def test_tables_are_replaced_between_their_markers(tmp_path: Path) -> None:
    (tmp_path / "speed.csv").write_text("# Python 3; python benchmarks/speed.py\nform,seconds\nours,1.50\n")
    page = "Text.\n<!-- table: speed -->\nold\n<!-- end -->\nMore.\n<!-- table: absent -->\nold\n<!-- end -->\n"
    rendered = render.render(page, tmp_path)
    assert "| form | seconds |\n| ---- | ------- |\n| ours | 1.50    |\n" in rendered
    assert "python benchmarks/speed.py" in rendered
    assert "old" not in rendered
    assert rendered.count(render.MISSING) == 1
    assert render.render(rendered, tmp_path) == rendered


def test_gene_function_has_a_column_a_library_in_the_order_measured() -> None:
    columns = ["method", "library", "auroc", "low", "high", "n_terms"]
    rows = [("z", "kegg", 0.9, 0.85, 0.95, 300), ("z", "go", 0.8, 0.7, 0.9, 3000), ("a", "kegg", 0.5, 0.4, 0.6, 300)]
    lines = render.layout("gene_function", pd.DataFrame(rows, columns=columns)).splitlines()
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    assert cells[0] == ["method", "kegg (300 terms)", "go (3,000 terms)"]
    assert cells[2] == ["z", "0.900 [0.850, 0.950]", "0.800 [0.700, 0.900]"]
    assert cells[3] == ["a", "0.500 [0.400, 0.600]", ""]


def test_dropout_shows_an_interval_only_for_several_draws() -> None:
    columns = ["counts", "sets", "method", "auroc", "low", "high", "runs"]
    rows = [("100%", "whole", "aucell", 0.9, 0.9, 0.9, 1), ("3%", "whole", "aucell", 0.7, 0.6, 0.8, 5)]
    lines = render.layout("dropout", pd.DataFrame(rows, columns=columns)).splitlines()
    assert "| 0.900 " in lines[2]
    assert "[" not in lines[2]
    assert "0.700 [0.600, 0.800]" in lines[3]


def test_libraries_have_their_names_and_other_packages_share_a_column() -> None:
    columns = ["task", "scgsfm", "scanpy 1.11", "pyucell 0.8"]
    rows = [("score", "`sg.tl.score`", "`sc.tl.score_genes`", "`pyucell.compute`"), ("go_bp_2025 → hpo", "", "", "")]
    lines = render.layout("peer_features", pd.DataFrame(rows, columns=columns)).splitlines()
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    assert cells[0] == ["task", "scgsfm", "other packages"]
    assert cells[2] == ["score", "`sg.tl.score`", "scanpy `sc.tl.score_genes`; `pyucell.compute`"]
    assert cells[3] == ["GO BP 2025 → HPO", "", ""]
    assert cells[4] == ["versions", "", "scanpy 1.11, pyucell 0.8"]


def test_numbers_are_short_where_no_layout_says_otherwise() -> None:
    table = pd.DataFrame(
        {"score": ["cosine, z"], "AUROC": ["0.638424"], "p": ["0.00012345"], "n": ["408"], "r": ["1.50"]}
    )
    cells = [cell.strip() for cell in render.layout("other", table).splitlines()[2].split("|")[1:-1]]
    assert cells == ["cosine, z", "0.638", "0.00012", "408", "1.50"]
