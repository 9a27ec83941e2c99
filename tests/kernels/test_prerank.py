from __future__ import annotations

import numpy as np
import pytest

from scgsfm.kernels import enrichment_scores, random_enrichment_scores, tie_bounds


def by_definition(values: np.ndarray, hits: np.ndarray) -> tuple[float, int]:
    """Enrichment score and size of the leading edge from the whole running sum, one step for a group of ties."""
    chosen = np.zeros(len(values), bool)
    chosen[hits] = True
    steps = np.where(chosen, np.abs(values), 0) / np.abs(values[chosen]).sum() - ~chosen / (~chosen).sum()
    ends = np.append(np.flatnonzero(values[1:] != values[:-1]) + 1, len(values))
    total = np.cumsum(steps)[ends - 1]
    if total.max() > -min(total.min(), 0):
        return total.max(), ends[total.argmax()]
    return total.min(), len(values) - ends[total.argmin()]


@pytest.mark.parametrize("decimals", [12, 1, 0])
def test_equals_whole_running_sum(decimals: int) -> None:
    rng = np.random.default_rng(0)
    values = np.sort(rng.normal(size=300).round(decimals))[::-1]
    sizes = np.r_[1, 2, 5, 40, 200, 299, rng.integers(3, 30, 100)]
    sets = [np.sort(rng.choice(300, size, replace=False)) for size in sizes]
    scores, edges = enrichment_scores(values, np.cumsum([0, *map(len, sets)]), np.concatenate(sets))
    assert (scores > 0).any()
    assert (scores < 0).any()
    for score, edge, hits in zip(scores, edges, sets, strict=True):
        if np.abs(values[hits]).sum() > 0:
            expected, place = by_definition(values, hits)
            assert score == pytest.approx(expected, abs=1e-12)
            assert edge == place


def test_small_example() -> None:
    values = np.array([4.0, 3.0, 2.0, 1.0, -1.0, -5.0])
    scores, edges = enrichment_scores(values, np.array([0, 2, 4]), np.array([0, 3, 4, 5]))
    # +4/5, -1/4, -1/4, +1/5: highest after the first gene
    # -1/4 four times, +1/6, +5/6: lowest before the fifth
    np.testing.assert_allclose(scores, [0.8, -1.0])
    assert edges.tolist() == [1, 2]


def test_sets_without_score() -> None:
    values = np.array([2.0, 0.0, 0.0, -1.0])
    scores, edges = enrichment_scores(values, np.array([0, 2, 6, 6]), np.array([1, 2, 0, 1, 2, 3]))
    assert scores.tolist() == [0, 0, 0]  # only zeros, all genes, none
    assert edges.tolist() == [0, 0, 0]


def test_independent_of_order_within_ties() -> None:
    values = np.array([3.0, 1.0, 1.0, 1.0, 1.0, -2.0])
    scores, _ = enrichment_scores(values, np.array([0, 2, 4]), np.array([1, 2, 3, 4]))
    assert scores[0] == scores[1]


def test_tie_bounds() -> None:
    starts, ends = tie_bounds(np.array([3.0, 1.0, 1.0, 0.0]))
    assert starts.tolist() == [0, 1, 1, 3]
    assert ends.tolist() == [1, 3, 3, 4]


def test_random_sets_have_the_same_distribution_as_numpy_draws() -> None:
    rng = np.random.default_rng(3)
    values = np.sort(rng.normal(size=200))[::-1]
    drawn = random_enrichment_scores(values, 8, 4000, np.random.default_rng(0))
    places = np.sort([rng.choice(200, 8, replace=False) for _ in range(4000)], axis=1)
    expected, _ = enrichment_scores(values, np.arange(4001) * 8, places.ravel())
    np.testing.assert_allclose(
        np.quantile(drawn, [0.05, 0.3, 0.7, 0.95]), np.quantile(expected, [0.05, 0.3, 0.7, 0.95]), atol=0.03
    )
    np.testing.assert_array_equal(drawn, random_enrichment_scores(values, 8, 4000, np.random.default_rng(0)))
