from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse
from scipy.stats import rankdata

from scgsfm.scoring import Job, Rows, SetIndex, get_method, run


def index(membership: np.ndarray) -> SetIndex:
    membership = sparse.csr_array(membership)
    return SetIndex(
        [f"set {i}" for i in range(len(np.diff(membership.indptr)))], membership, np.diff(membership.indptr)
    )


def aucell(matrix: Any, membership: np.ndarray, *, block_size: int | None = None, **params: Any) -> np.ndarray:
    (result,) = run(Rows(matrix, block_size=block_size), [Job(get_method("aucell"), index(membership), params)])
    return result.scores


def by_ranks(ranks: np.ndarray, membership: np.ndarray, n_up: int) -> np.ndarray:
    """The definition: Σ w·(n_up - r) over the set's genes up to rank n_up, over the highest attainable value."""
    gains = np.maximum(n_up - ranks, 0)
    best = [np.sort(w)[::-1][: n_up - 1] @ np.arange(n_up - 1, 0, -1)[: len(w)] for w in membership]
    return gains @ membership.T / best


@pytest.fixture
def membership() -> np.ndarray:
    """Sets of 1 to 60 of 60 genes."""
    rng = np.random.default_rng(2)
    x = np.zeros((6, 60))
    for row, size in zip(x, [1, 2, 5, 10, 30, 60], strict=True):
        row[rng.choice(60, size, replace=False)] = 1
    return x


@pytest.mark.parametrize("ties", ["expected", "decoupler"])
@pytest.mark.parametrize("n_up", [None, 2, 10, 60])
def test_without_ties_it_is_the_definition(membership: np.ndarray, n_up: int | None, ties: str) -> None:
    x = np.random.default_rng(0).permuted(np.tile(np.arange(60.0) + 1, (9, 1)), axis=1)
    expected = by_ranks(rankdata(-x, axis=1), membership, n_up or 3)
    np.testing.assert_allclose(aucell(x, membership, n_up=n_up, ties=ties), expected, rtol=1e-12)


@pytest.mark.parametrize("n_up", [None, 20])
def test_is_the_mean_over_random_tie_orders(counts: np.ndarray, membership: np.ndarray, n_up: int | None) -> None:
    rng = np.random.default_rng(0)
    draws = []
    for _ in range(4000):
        order = rng.permutation(60)
        ranks = np.empty_like(counts)
        ranks[:, order] = rankdata(-counts[:, order], method="ordinal", axis=1)
        draws.append(by_ranks(ranks, membership, n_up or 3))
    error = np.std(draws, axis=0) / np.sqrt(len(draws))
    assert (np.abs(aucell(counts, membership, n_up=n_up) - np.mean(draws, axis=0)) <= 5 * error + 1e-12).all()


def test_same_numbers_for_all_types_and_blocks(counts: np.ndarray, membership: np.ndarray, array_type) -> None:
    for ties in ("expected", "decoupler"):
        expected = aucell(sparse.csr_matrix(counts), membership, ties=ties)
        for block_size in (None, 1, 4):
            found = aucell(array_type(counts), membership, ties=ties, block_size=block_size)
            np.testing.assert_array_equal(found, expected)


def test_a_cell_is_scored_by_itself(counts: np.ndarray, membership: np.ndarray) -> None:
    np.testing.assert_array_equal(aucell(counts[3:7], membership), aucell(counts, membership)[3:7])


def test_order_of_values_decides(counts: np.ndarray, membership: np.ndarray) -> None:
    """Neither the scale nor the type of the numbers matters."""
    expected = aucell(counts, membership)
    np.testing.assert_array_equal(aucell(np.expm1(counts), membership), expected)
    whole = rankdata(counts, method="dense", axis=1) - (counts.min(axis=1, keepdims=True) == 0)
    np.testing.assert_array_equal(aucell(whole.astype(np.int64), membership), expected)


def test_negative_values_rank_below_zeros(counts: np.ndarray, membership: np.ndarray) -> None:
    """Shifting all values changes no rank, though it makes zeros negative and other values zero."""
    shifted = counts - np.median(counts[counts > 0])
    np.testing.assert_allclose(aucell(shifted, membership), aucell(counts, membership), rtol=1e-12)


def test_all_zero_cell_has_the_mean_over_all_ranks(counts: np.ndarray, membership: np.ndarray) -> None:
    found = aucell(counts, membership, n_up=10)[4]
    sizes = membership.sum(axis=1)
    best = [np.arange(9, 0, -1)[: int(size)].sum() for size in sizes]
    np.testing.assert_allclose(found, sizes * np.arange(1, 10).sum() / 60 / best, rtol=1e-12)


def test_weights(counts: np.ndarray, membership: np.ndarray) -> None:
    """Double weights throughout change nothing; the score is the weighted sum over the best attainable one."""
    np.testing.assert_allclose(aucell(counts, 2 * membership), aucell(counts, membership), rtol=1e-12)
    weights = membership * np.random.default_rng(0).random(membership.shape)
    x = np.random.default_rng(0).permuted(np.tile(np.arange(60.0), (9, 1)), axis=1)
    np.testing.assert_allclose(aucell(x, weights, n_up=12), by_ranks(rankdata(-x, axis=1), weights, 12), rtol=1e-12)


def test_set_in_front_has_1_and_set_at_the_end_0(membership: np.ndarray) -> None:
    x = np.stack([membership[3], -membership[3]])
    np.testing.assert_allclose(aucell(x, membership[3:4], n_up=10)[:, 0], [1, 0], rtol=1e-12)


@pytest.mark.parametrize("params", [{"n_up": 1}, {"n_up": 61}, {"ties": "random"}])
def test_bad_parameters(counts: np.ndarray, membership: np.ndarray, params: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"`{next(iter(params))}` is"):
        aucell(counts, membership, **params)


@pytest.mark.parametrize("n_up", [None, 7, 40])
@pytest.mark.parametrize("make", [sparse.csr_matrix, sparse.csc_matrix, np.asarray])
def test_equals_decoupler(counts: np.ndarray, membership: np.ndarray, make: Any, n_up: int | None) -> None:
    import pandas as pd
    from anndata import AnnData

    dc = pytest.importorskip("decoupler", minversion="2")
    counts = counts[counts.any(axis=1)]  # decoupler leaves out cells without counts
    var = pd.DataFrame(index=[f"g{i}" for i in range(60)])
    adata = AnnData(make(counts), var=var)
    sets, genes = np.nonzero(membership)
    net = pd.DataFrame({"source": [f"set {i}" for i in sets], "target": var.index[genes]})
    detected = counts.any(axis=0)
    net = net[net["target"].isin(var.index[detected])]
    dc.mt.aucell(adata, net, tmin=0, n_up=n_up)
    expected = adata.obsm["score_aucell"]
    found = aucell(make(counts), membership, ties="decoupler", n_up=n_up)
    for name in expected:
        np.testing.assert_array_equal(found[:, int(name.split()[1])], expected[name].to_numpy())
    assert len(expected.columns) >= 5
