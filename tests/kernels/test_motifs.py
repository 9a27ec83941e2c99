from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from scgsfm.kernels import NEVER, SEED, best_motifs, keep_best, motif_seeds, motif_tables, motif_tails

if TYPE_CHECKING:
    from typing import Any


def deficits(*columns: Any) -> np.ndarray:
    return np.array([[*column, NEVER] for column in columns], np.int32)


def test_tails_of_small_example() -> None:
    """Two columns: A lacks nothing, C one; the sums 0, 1, 2 have chances 1/4, 1/2, 1/4 where only A and C occur."""
    table = deficits((0, 1, 9, 9), (0, 1, 9, 9))
    background = np.array([0.5, 0.5, 0.0, 0.0])
    limits, p, starts = motif_tails(table, np.array([0, 2]), background, 0.5)
    assert limits.tolist() == [0]
    assert p.tolist() == [0.25]
    limits, p, starts = motif_tails(np.vstack([table, table]), np.array([0, 2, 4]), background, 0.9)
    assert limits.tolist() == [1, 1]
    assert p.tolist() == [0.25, 0.75, 0.25, 0.75]
    assert starts.tolist() == [0, 2, 4]
    assert motif_tails(table, np.array([0, 2]), background, 0.2)[0].tolist() == [-1]


def test_tails_of_a_wide_range() -> None:
    """Deficits far above the range that is looked at first."""
    rng = np.random.default_rng(0)
    columns = rng.integers(0, 3000, (5, 4))
    columns[:, 0] = 0
    limits, p, _ = motif_tails(deficits(*columns), np.array([0, 5]), np.full(4, 0.25), 0.6)
    sums = np.sort([sum(choice) for choice in itertools.product(*columns.tolist())])
    expected = np.searchsorted(sums, np.arange(limits[0] + 1), side="right") / 4**5
    np.testing.assert_allclose(p, expected, atol=1e-12)
    assert limits[0] > 2048
    assert np.searchsorted(sums, limits[0] + 1, side="right") / 4**5 >= 0.6


def test_seeds_are_all_kmers_that_can_match() -> None:
    rng = np.random.default_rng(1)
    columns = rng.integers(0, 40, (SEED, 4))
    table = deficits(*(columns - columns.min(axis=1, keepdims=True)))
    starts, offsets = np.array([0, SEED]), np.array([0])
    indptr, motifs, lacks = motif_seeds(table, starts, np.array([60], np.int32), offsets)
    words = np.repeat(np.arange(4**SEED), np.diff(indptr))
    letters = (np.arange(4**SEED)[:, None] >> (2 * np.arange(SEED)[::-1])) % 4
    sums = table[np.arange(SEED), letters].sum(axis=1)
    np.testing.assert_array_equal(words, np.flatnonzero(sums <= 60))
    np.testing.assert_array_equal(lacks, sums[words])
    assert set(motifs.tolist()) == {0}


def test_best_of_small_example() -> None:
    motif = deficits(*[(0, 5, 5, 5)] * 7)
    letters = np.array([0, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0], np.uint8)
    found = best_motifs(letters, np.array([0, 8, 11]), motif_tables(motif, np.array([0, 7])), 1)
    assert found[0, 0] == 5
    assert found[1, 0] >= NEVER


def test_keep_best_of_small_example() -> None:
    group = np.array([0, 0, 0, 0, 1])
    family = np.array([0, 0, 1, 0, 0])
    start, end = np.array([5, 8, 6, 10, 5]), np.array([10, 12, 9, 14, 10])
    # the second overlaps the first; the fourth overlaps only the second, which is gone
    assert keep_best(group, family, start, end).tolist() == [True, False, True, True, True]
