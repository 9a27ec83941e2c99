from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import sparse
from scipy.stats import rankdata

if TYPE_CHECKING:
    from collections.abc import Callable


def by_running_sum(order: np.ndarray, ranks: np.ndarray, row: np.ndarray, weight: float) -> float:
    """The definition: the sum of the running sum, down a given order of the genes."""
    steps = np.where(row > 0, row * ranks**weight, 0)
    up, down = steps / steps.sum(), (row == 0) / (row == 0).sum()
    return np.cumsum((up - down)[order]).sum()


@pytest.mark.parametrize("weight", [0, 0.25, 1])
def test_equals_sum_of_running_sum_without_ties(
    score: Callable[..., Any], signed: np.ndarray, weight: float, array_type: Callable[..., Any]
) -> None:
    x = np.random.default_rng(0).normal(size=(7, 60)) * (np.arange(60) != 20)
    membership = abs(signed)
    found = score("ssgsea", array_type(x), membership, weight=weight, block_size=3).scores
    expected = [
        [by_running_sum(np.argsort(-cell), rankdata(cell), row, weight) / 60 for row in membership] for cell in x
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


def test_equals_mean_over_random_orders_of_ties(
    score: Callable[..., Any], counts: np.ndarray, membership: np.ndarray
) -> None:
    rng = np.random.default_rng(0)
    cell = counts[0]
    draws = []
    for _ in range(2000):
        shuffled = rng.permutation(60)
        order = shuffled[np.argsort(-cell[shuffled], kind="stable")]
        draws.append([by_running_sum(order, rankdata(cell), row, 0.25) / 60 for row in membership])
    error = np.std(draws, axis=0) / np.sqrt(len(draws))
    difference = score("ssgsea", counts, membership).scores[0] - np.mean(draws, axis=0)
    assert (abs(difference) <= 5 * error + 1e-12).all()


@pytest.fixture
def gseapy(peer: Callable[..., Any]) -> Any:
    """ES and NES by gseapy (cells × sets)."""
    gp = peer("gseapy")
    import pandas as pd

    def gseapy(x: np.ndarray, membership: np.ndarray, **params: Any) -> tuple[np.ndarray, np.ndarray]:
        genes = np.array([f"G{i:05d}" for i in range(x.shape[1])])
        data = pd.DataFrame(x.T, index=genes, columns=[f"c{i}" for i in range(len(x))])
        sets = {f"s{i}": genes[row > 0].tolist() for i, row in enumerate(membership)}
        found = gp.ssgsea(data, sets, min_size=1, max_size=x.shape[1], outdir=None, no_plot=True, **params).res2d
        cells, names = list(data), list(sets)
        tables = (found.pivot(index="Name", columns="Term", values=value) for value in ("ES", "NES"))
        es, nes = (table.loc[cells, names].to_numpy(dtype=float) for table in tables)
        return es, nes

    return gseapy


@pytest.mark.parametrize("make", [sparse.csr_matrix, sparse.csc_matrix, np.asarray])
@pytest.mark.parametrize("weight", [0.25, 1])
def test_equals_gseapy(
    score: Callable[..., Any],
    gseapy: Callable[..., Any],
    counts: np.ndarray,
    membership: np.ndarray,
    make: Callable[..., Any],
    weight: float,
) -> None:
    membership = membership[:-1]
    counts = np.vstack([counts - 0.5 * (counts > 1), -counts[:3]])  # more ties, and negative values
    es, nes = gseapy(counts, membership, weight=weight)
    params = {"weight": weight, "ties": "gseapy", "block_size": 9}
    np.testing.assert_allclose(60 * score("ssgsea", make(counts), membership, **params).scores, es, atol=1e-6)
    found = score("ssgsea", make(counts), membership, normalize="range", **params).scores
    np.testing.assert_allclose(found, nes, atol=1e-6)


def test_equals_gseapy_on_real_data(score: Callable[..., Any], gseapy: Callable[..., Any]) -> None:
    import scgsfm

    x = np.asarray(scgsfm.datasets.pbmc().X[:70].todense(), dtype=np.float32)
    x = np.log1p(x / x.sum(axis=1, keepdims=True) * 1e4)
    membership = (np.random.default_rng(0).random((4, x.shape[1])) < 0.01).astype(float)
    es, _ = gseapy(x, membership)
    found = score("ssgsea", sparse.csr_matrix(x), membership, ties="gseapy").scores
    np.testing.assert_allclose(x.shape[1] * found, es, rtol=1e-6, atol=1e-6)
    expected = score("ssgsea", sparse.csr_matrix(x), membership).scores
    assert 1e-4 < abs(expected - found).mean() < 0.05  # the order of the ties makes that difference


def test_equals_gseapy_without_ties(
    score: Callable[..., Any], gseapy: Callable[..., Any], membership: np.ndarray
) -> None:
    x = np.random.default_rng(0).normal(size=(9, 60))
    es, nes = gseapy(x, membership[:-1])
    np.testing.assert_allclose(60 * score("ssgsea", x, membership[:-1]).scores, es, atol=1e-6)
    np.testing.assert_allclose(score("ssgsea", x, membership[:-1], normalize="range").scores, nes, atol=1e-6)


def test_only_range_normalization_depends_on_other_cells(
    score: Callable[..., Any], counts: np.ndarray, membership: np.ndarray
) -> None:
    whole = score("ssgsea", counts, membership).scores
    np.testing.assert_array_equal(score("ssgsea", counts[5:9], membership).scores, whole[5:9])
    over_range = score("ssgsea", counts, membership, normalize="range", block_size=4).scores
    np.testing.assert_allclose(over_range, whole / np.ptp(whole), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("ties", ["expected", "gseapy"])
@pytest.mark.parametrize("normalize", ["genes", "range"])
def test_set_of_all_genes_scores_0(score: Callable[..., Any], counts: np.ndarray, ties: str, normalize: str) -> None:
    """A set of all genes, and with ties by expectation a cell whose values are all the same."""
    params = {"ties": ties, "normalize": normalize}
    np.testing.assert_array_equal(score("ssgsea", counts, np.ones((1, 60)), **params).scores, 0)
    if ties == "expected":
        some = np.eye(60)[:3]
        for value in (0, 2.5, -1):
            np.testing.assert_allclose(score("ssgsea", np.full((2, 60), value), some, **params).scores, 0, atol=1e-12)


def test_equal_weights_equal_no_weights(score: Callable[..., Any], counts: np.ndarray, membership: np.ndarray) -> None:
    plain = score("ssgsea", counts, membership).scores
    np.testing.assert_allclose(score("ssgsea", counts, 3 * membership).scores, plain, rtol=1e-12, atol=1e-15)


def test_depends_only_on_the_order_of_values(
    score: Callable[..., Any], counts: np.ndarray, membership: np.ndarray
) -> None:
    expected = score("ssgsea", counts, membership).scores
    np.testing.assert_array_equal(score("ssgsea", np.expm1(counts).astype(np.float32), membership).scores, expected)
    ranks = rankdata(counts, method="dense", axis=1).astype(np.int64)
    np.testing.assert_allclose(score("ssgsea", ranks - 3, membership).scores, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("params", [{"weight": -1}, {"normalize": "cells"}, {"ties": "random"}])
def test_invalid_parameters_raise(
    score: Callable[..., Any], counts: np.ndarray, membership: np.ndarray, params: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=f"`{next(iter(params))}` is"):
        score("ssgsea", counts, membership, **params)
