from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest

import scgsfm

SETS = {"A": ["a", "b", "c", "d"], "B": ["c", "d", "e"], "C": ["x", "y"], "D": ["a", "b", "c"]}


def names(ticks: Any) -> list[str]:
    return [tick.get_text() for tick in ticks]


@pytest.mark.parametrize("measure", ["jaccard", "overlap"])
def test_matrix(measure: Any) -> None:
    ax = scgsfm.pl.set_overlap(SETS, measure=measure, show=False)
    rows = names(ax.get_yticklabels())
    assert rows == names(ax.get_xticklabels())
    for i, one in enumerate(rows):
        for j, other in enumerate(rows):
            a, b = set(SETS[one]), set(SETS[other])
            expected = len(a & b) / (len(a | b) if measure == "jaccard" else min(len(a), len(b)))
            assert ax.images[0].get_array()[i, j] == pytest.approx(expected)
    assert abs(rows.index("A") - rows.index("D")) == 1, "similar sets stand next to each other"


def test_upset() -> None:
    bars, matrix, sizes = scgsfm.pl.set_overlap(SETS, kind="upset", show=False)
    order = names(matrix.get_yticklabels())
    assert order == ["A", "B", "D", "C"]
    assert [bar.get_width() for bar in sizes.patches] == [4, 3, 3, 2]
    expected = {}
    for n in range(1, 5):
        for chosen in combinations(SETS, n):
            genes = set.intersection(*(set(SETS[name]) for name in chosen))
            others = set().union(*(SETS[name] for name in SETS if name not in chosen))
            if genes - others:
                expected[frozenset(chosen)] = len(genes - others)
    heights = [bar.get_height() for bar in bars.patches]
    assert heights == sorted(expected.values(), reverse=True)
    ends = [line.get_ydata() for line in matrix.lines]
    for height, end in zip(heights, ends, strict=True):
        rows = [frozenset(order.index(name) for name in chosen) for chosen, n in expected.items() if n == height]
        assert any([min(row), max(row)] == list(end) for row in rows)


def test_sets_that_share_most_are_drawn(caplog: pytest.LogCaptureFixture) -> None:
    many = {f"set {i}": [f"g{i}", f"h{i}"] for i in range(40)} | {"one": ["q", "r", "s"], "two": ["q", "r"]}
    with caplog.at_level("INFO", logger="scgsfm"):
        ax = scgsfm.pl.set_overlap(many, show=False)
    assert "drew 24 of 42 sets, those that share most genes; choose by `sets`" in caplog.text
    assert {"one", "two"} <= set(names(ax.get_yticklabels()))
    ax = scgsfm.pl.set_overlap(many, ["set 3", "one"], show=False)
    assert names(ax.get_yticklabels()) == ["set 3", "one"]


def test_library_and_one_set() -> None:
    ax = scgsfm.pl.set_overlap("pbmc_markers", show=False)
    assert len(ax.get_yticklabels()) == 12
    ax = scgsfm.pl.set_overlap({"A": ["a"]}, show=False)
    assert np.asarray(ax.images[0].get_array()).tolist() == [[1]]
    bars, _, _ = scgsfm.pl.set_overlap({"A": ["a", "b"]}, kind="upset", show=False)
    assert [bar.get_height() for bar in bars.patches] == [2]


def test_errors() -> None:
    with pytest.raises(KeyError, match="no set 'E'"):
        scgsfm.pl.set_overlap(SETS, "E")
    with pytest.raises(ValueError, match="`measure` is 'dice'"):
        scgsfm.pl.set_overlap(SETS, measure="dice")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="`n_intersections` is 0"):
        scgsfm.pl.set_overlap(SETS, kind="upset", n_intersections=0)
