"""The script at a size that says nothing about speed, and its parts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import render
import scoring
from _peers import CASES


def test_cells_and_sets_are_as_described() -> None:
    cells = scoring.draw_cells(50)
    assert cells.has_canonical_format
    assert cells.dtype == np.float32
    assert cells.nnz / 50 == pytest.approx(1450, rel=0.1)
    np.testing.assert_allclose(np.expm1(cells.data[: cells.indptr[1]]).sum(), 1e4, rtol=1e-4)
    sets = scoring.draw_sets(200, np.array([f"gene{i}" for i in range(20_000)]))
    sizes = [len(genes) for genes in sets.values()]
    assert 5 <= min(sizes) < max(sizes) <= 500
    assert np.median(sizes) == pytest.approx(50, rel=0.2)


def test_more_cells_repeat_the_drawn_ones() -> None:
    cells = scoring.draw_cells(7)
    adata = scoring.as_adata(cells, 17)
    assert adata.n_obs == 17
    assert ((adata.X != 0).sum(axis=0) > 0).all()
    assert (adata.X[14:] != adata.X[:3]).nnz == 0


def test_cost_counts_memory_and_time() -> None:
    with scoring.Cost() as cost:
        held = np.ones(10_000_000)
        held += 1
    assert cost.most - cost.before == pytest.approx(80e6, rel=0.5)
    assert cost.cpu > 0
    assert cost.wall > 0


def test_cases_are_methods_with_a_peer_in_the_list() -> None:
    from scgsfm import methods

    assert {case.method for case in CASES.values()} <= set(methods().index)
    assert {case.peer.lower() for case in CASES.values()} - {""} <= set(scoring.PACKAGES)
    assert set(scoring.CURVES) <= set(CASES)


def test_script(tmp_path: Path) -> None:
    pytest.importorskip("decoupler", minversion="2")
    size = ["--cells", "40", "--sets", "5", "--repeats", "1"]
    options = ["--quick", *size, "--methods", "aucell, ties='decoupler'", "--out", tmp_path]
    command = [sys.executable, Path(scoring.__file__), *options]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True)
    (row,) = pd.read_csv(tmp_path / "scoring.csv", comment="#").to_dict("records")
    assert (row["method"], row["cells"], row["sets"]) == ("aucell, ties='decoupler'", 40, 5)
    assert row["seconds"] > 0
    assert row["peer_seconds"] > 0
    assert row["difference"] == row["difference_pbmc"] == 0
    assert "Peers: decoupler 2" in done.stdout
    assert str(tmp_path) not in done.stdout


def test_table_is_shown_with_ratios_and_without_what_is_not_there() -> None:
    cost = {"wall": 0.25, "cpu": 0.4, "memory": 50e6, "first": 2.5}
    theirs = {"wall": 10.0, "cpu": 19.0, "memory": 3e9}
    row = {"method": "aucell", "peer": "decoupler", "cells": 10_000, "sets": 500, "ours": cost}
    full = row | {"theirs": theirs, "one_core": {"wall": 0.4}, "difference": {"scores": 0.0, "pbmc": 1e-9}}
    table = scoring.as_table([full, row | {"theirs": theirs, "differs": "ties"}, row | {"peer": ""}])
    lines = render.layout("scoring", table).splitlines()
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    assert cells[2] == ["aucell", "10,000 × 500", "0.25", "0.40", "2.5", "decoupler", "10.0", "19.0", "40", "0"]
    assert cells[3][-2:] == ["40", "ties"]
    assert cells[4] == ["aucell", "10,000 × 500", "0.25", "0.40", "2.5", *[""] * 5]
