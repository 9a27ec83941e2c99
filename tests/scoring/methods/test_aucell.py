from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import sparse
from scipy.stats import rankdata

if TYPE_CHECKING:
    from collections.abc import Callable

    from scgsfm.scoring import Result


@pytest.fixture
def aucell(score: Callable[..., Result]) -> Callable[..., np.ndarray]:
    return lambda *args, **params: score("aucell", *args, **params).scores


def by_ranks(ranks: np.ndarray, membership: np.ndarray, n_up: int) -> np.ndarray:
    """The definition: Σ w·(n_up - r) over the set's genes up to rank n_up, over the highest attainable value."""
    gains = np.maximum(n_up - ranks, 0)
    best = [np.sort(w)[::-1][: n_up - 1] @ np.arange(n_up - 1, 0, -1)[: len(w)] for w in membership]
    return gains @ membership.T / best


@pytest.mark.parametrize("ties", ["expected", "decoupler"])
@pytest.mark.parametrize("n_up", [None, 2, 10, 60])
def test_equals_definition_without_ties(
    aucell: Callable[..., Any], membership: np.ndarray, n_up: int | None, ties: str
) -> None:
    x = np.random.default_rng(0).permuted(np.tile(np.arange(60.0) + 1, (9, 1)), axis=1)
    expected = by_ranks(rankdata(-x, axis=1), membership, n_up or 3)
    np.testing.assert_allclose(aucell(x, membership, n_up=n_up, ties=ties), expected, rtol=1e-12)


@pytest.mark.parametrize("n_up", [None, 20])
def test_equals_mean_over_random_orders_of_ties(
    aucell: Callable[..., Any], counts: np.ndarray, membership: np.ndarray, n_up: int | None
) -> None:
    rng = np.random.default_rng(0)
    draws = []
    for _ in range(4000):
        order = rng.permutation(60)
        ranks = np.empty_like(counts)
        ranks[:, order] = rankdata(-counts[:, order], method="ordinal", axis=1)
        draws.append(by_ranks(ranks, membership, n_up or 3))
    error = np.std(draws, axis=0) / np.sqrt(len(draws))
    assert (np.abs(aucell(counts, membership, n_up=n_up) - np.mean(draws, axis=0)) <= 5 * error + 1e-12).all()


def test_independent_of_array_type_and_block_size(
    aucell: Callable[..., Any], counts: np.ndarray, membership: np.ndarray, array_type: Callable[..., Any]
) -> None:
    for ties in ("expected", "decoupler"):
        expected = aucell(sparse.csr_matrix(counts), membership, ties=ties)
        for block_size in (None, 1, 4):
            found = aucell(array_type(counts), membership, ties=ties, block_size=block_size)
            np.testing.assert_array_equal(found, expected)


def test_cells_are_scored_individually(aucell: Callable[..., Any], counts: np.ndarray, membership: np.ndarray) -> None:
    np.testing.assert_array_equal(aucell(counts[3:7], membership), aucell(counts, membership)[3:7])


def test_depends_only_on_the_order_of_values(
    aucell: Callable[..., Any], counts: np.ndarray, membership: np.ndarray
) -> None:
    """Neither the scale nor the type of the numbers matters."""
    expected = aucell(counts, membership)
    np.testing.assert_array_equal(aucell(np.expm1(counts), membership), expected)
    whole = rankdata(counts, method="dense", axis=1) - (counts.min(axis=1, keepdims=True) == 0)
    np.testing.assert_array_equal(aucell(whole.astype(np.int64), membership), expected)


def test_negative_values_rank_below_zeros(
    aucell: Callable[..., Any], counts: np.ndarray, membership: np.ndarray
) -> None:
    """Shifting all values changes no rank, though it makes zeros negative and other values zero."""
    shifted = counts - np.median(counts[counts > 0])
    np.testing.assert_allclose(aucell(shifted, membership), aucell(counts, membership), rtol=1e-12)


def test_zero_cell_has_the_mean_over_all_ranks(
    aucell: Callable[..., Any], counts: np.ndarray, membership: np.ndarray
) -> None:
    found = aucell(counts, membership, n_up=10)[4]
    sizes = membership.sum(axis=1)
    best = [np.arange(9, 0, -1)[: int(size)].sum() for size in sizes]
    np.testing.assert_allclose(found, sizes * np.arange(1, 10).sum() / 60 / best, rtol=1e-12)


def test_weights(aucell: Callable[..., Any], counts: np.ndarray, membership: np.ndarray) -> None:
    """Double weights throughout change nothing; the score is the weighted sum over the best attainable one."""
    np.testing.assert_allclose(aucell(counts, 2 * membership), aucell(counts, membership), rtol=1e-12)
    weights = membership * np.random.default_rng(0).random(membership.shape)
    x = np.random.default_rng(0).permuted(np.tile(np.arange(60.0), (9, 1)), axis=1)
    np.testing.assert_allclose(aucell(x, weights, n_up=12), by_ranks(rankdata(-x, axis=1), weights, 12), rtol=1e-12)


def test_top_set_scores_1_and_bottom_set_0(aucell: Callable[..., Any], membership: np.ndarray) -> None:
    x = np.stack([membership[3], -membership[3]])
    np.testing.assert_allclose(aucell(x, membership[3:4], n_up=10)[:, 0], [1, 0], rtol=1e-12)


@pytest.mark.parametrize("params", [{"n_up": 1}, {"n_up": 61}, {"ties": "random"}])
def test_invalid_parameters_raise(
    aucell: Callable[..., Any], counts: np.ndarray, membership: np.ndarray, params: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=f"`{next(iter(params))}` is"):
        aucell(counts, membership, **params)


@pytest.mark.parametrize("n_up", [None, 7, 40])
@pytest.mark.parametrize("make", [sparse.csr_matrix, sparse.csc_matrix, np.asarray])
def test_equals_decoupler(
    aucell: Callable[..., Any],
    decoupler: Callable[..., Any],
    counts: np.ndarray,
    membership: np.ndarray,
    make: Callable[..., Any],
    n_up: int | None,
) -> None:
    counts = counts[counts.any(axis=1)]  # decoupler leaves out cells without counts
    expected, _ = decoupler("aucell", counts, membership, make, n_up=n_up)
    found = aucell(make(counts), membership, ties="decoupler", n_up=n_up)
    np.testing.assert_array_equal(found, expected)
