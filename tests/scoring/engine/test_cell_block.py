from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse

import scgsfm.kernels
from scgsfm.scoring import BlockReader, Job, SetIndex, get_method, run
from scgsfm.scoring.engine import CellBlock

RANKS = ["aucell", "gsfm", "ucell"]
SUMS = ["mean", "sum", "zscore", "ulm"]


@pytest.fixture
def sets(membership: np.ndarray) -> SetIndex:
    sizes = np.count_nonzero(membership, axis=1)
    return SetIndex([f"set {i}" for i in range(len(sizes))], sparse.csr_array(membership), sizes, 0 * sizes)


def jobs(sets: SetIndex) -> list[Job]:
    found = [Job(get_method(name), sets) for name in [*RANKS, *SUMS]]
    return [*found, Job(get_method("aucell"), sets, {"ties": "decoupler"})]


def test_several_methods_give_the_same_results_as_each_alone(counts: np.ndarray, sets: SetIndex) -> None:
    rows = BlockReader(sparse.csr_array(counts), block_size=9)
    for job, found in zip(jobs(sets), run(rows, jobs(sets)), strict=True):
        (alone,) = run(rows, [job])
        np.testing.assert_array_equal(found.scores, alone.scores)
        if alone.padj is not None:
            np.testing.assert_array_equal(found.padj, alone.padj)


def test_shared_results_are_computed_once_per_block(
    monkeypatch: pytest.MonkeyPatch, counts: np.ndarray, sets: SetIndex
) -> None:
    calls: dict[str, int] = {}

    def count(where: Any, name: str) -> None:
        original = getattr(where, name)

        def counted(*args: Any, **kwargs: Any) -> Any:
            calls[name] = calls.get(name, 0) + 1
            return original(*args, **kwargs)

        monkeypatch.setattr(where, name, counted)

    count(scgsfm.kernels, "rank_cells")
    count(scgsfm.kernels, "moments")
    count(SetIndex, "set_sums")
    n_blocks = 3
    run(BlockReader(sparse.csr_array(counts), block_size=8), jobs(sets))
    n_of_ranks = len(RANKS) + 1  # each sums its own gains
    assert calls == {"rank_cells": n_blocks, "moments": n_blocks, "set_sums": n_blocks * (n_of_ranks + 1)}


def test_sums_are_cached_per_sets_and_read_only(counts: np.ndarray, sets: SetIndex) -> None:
    cells = CellBlock(sparse.csr_array(counts))
    double = sets.reweighted(2 * sets.membership.data)
    np.testing.assert_allclose(cells.sums(double), 2 * cells.sums(sets))
    with pytest.raises(ValueError, match="read-only"):
        cells.sums(sets)[0] = 0


@pytest.mark.parametrize(("bound", "value", "most"), [("SCORES_AT_A_TIME", 30, 5), ("VALUES_AT_A_TIME", 100, 6)])
def test_blocks_are_scored_in_parts_of_limited_size(
    monkeypatch: pytest.MonkeyPatch, counts: np.ndarray, sets: SetIndex, bound: str, value: int, most: int
) -> None:
    """Of 6 sets, and of about 17 values other than zero a cell."""
    matrix, sizes = sparse.csr_array(counts), []
    expected = run(BlockReader(matrix), jobs(sets))

    def recorded(block: sparse.csr_array) -> CellBlock:
        sizes.append(block.shape[0])
        return CellBlock(block)

    monkeypatch.setattr("scgsfm.scoring._run.CellBlock", recorded)
    monkeypatch.setattr(f"scgsfm.scoring._run.{bound}", value)
    for found, whole in zip(run(BlockReader(matrix), jobs(sets)), expected, strict=True):
        np.testing.assert_array_equal(found.scores, whole.scores)
        if whole.padj is not None:
            np.testing.assert_array_equal(found.padj, whole.padj)
    assert max(sizes) <= most
    assert sum(sizes) == len(counts)
