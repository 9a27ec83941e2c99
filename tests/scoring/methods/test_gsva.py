from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.stats import norm, poisson, rankdata

if TYPE_CHECKING:
    from collections.abc import Callable

    from scgsfm.scoring import Result


@pytest.fixture
def gsva(score: Callable[..., Result]) -> Callable[..., np.ndarray]:
    return lambda *args, **params: score("gsva", *args, **params).scores


@pytest.fixture
def raw() -> np.ndarray:
    """Counts, 19 cells × 60 genes, with a cell and a gene without any."""
    rng = np.random.default_rng(7)
    x = rng.poisson(rng.gamma(0.6, 4, 60), (19, 60)).astype(np.float64)
    x[4] = 0
    x[:, 9] = 0
    return x


@pytest.fixture
def gseapy(peer: Callable[..., Any]) -> Callable[..., np.ndarray]:
    """Scores by gseapy (cells × sets)."""
    module = peer("gseapy")

    def score(x: np.ndarray, membership: np.ndarray, **params: Any) -> np.ndarray:
        genes = [f"g{i}" for i in range(x.shape[1])]
        cells = [f"c{i}" for i in range(len(x))]
        sets = {f"s{i}": [genes[j] for j in np.flatnonzero(row)] for i, row in enumerate(membership)}
        table = pd.DataFrame(x.T, index=genes, columns=cells)
        done = module.gsva(table, sets, min_size=1, max_size=10_000, threads=1, **params)
        return done.res2d.pivot(index="Name", columns="Term", values="ES").loc[cells, list(sets)].to_numpy(float)

    return score


def by_formula(density: np.ndarray, membership: np.ndarray, tau: float = 1) -> np.ndarray:
    """The walk, step by step, down the genes ordered by density, the last of equal ones first."""
    n = density.shape[1]
    size = abs(np.arange(n, 0, -1) - n / 2) ** tau
    out = np.empty((len(density), len(membership)))
    for i, cell in enumerate(density):
        order = np.argsort(cell, kind="stable")[::-1]
        for j, genes in enumerate(membership):
            hit = genes[order] > 0
            up = size / size[hit].sum() if size[hit].any() else 1 / hit.sum()
            steps = np.where(hit, up, -1 / (n - hit.sum()))
            path = np.append(0, np.cumsum(steps))
            out[i, j] = path.max() + path.min()
    return out


def test_formula_gaussian(
    gsva: Callable[..., Any], counts: np.ndarray, membership: np.ndarray, array_type: Callable[..., Any]
) -> None:
    """With continuous values, so that rounding decides nothing; GSVA rounds the normal distribution to steps."""
    x = counts + np.random.default_rng(0).random(counts.shape)
    width = x.std(axis=0, ddof=1) / 4
    steps = np.trunc((x[:, None] - x) / width * 1000) / 1000
    expected = by_formula(norm.cdf(steps).mean(axis=1), membership)
    np.testing.assert_allclose(gsva(array_type(x), membership, block_size=7), expected, atol=1e-9)


def test_formula_poisson(gsva: Callable[..., Any], membership: np.ndarray) -> None:
    x = np.random.default_rng(0).poisson(np.linspace(20, 90, 60), (12, 60))
    expected = by_formula(poisson.cdf(x[:, None], x + 0.5).mean(axis=1), membership, tau=0.5)
    np.testing.assert_allclose(gsva(x, membership, kcdf="poisson", tau=0.5), expected, atol=1e-9)


def test_formula_without_kernel(gsva: Callable[..., Any], counts: np.ndarray, membership: np.ndarray) -> None:
    expected = by_formula(rankdata(counts, method="max", axis=0), membership)
    np.testing.assert_allclose(gsva(counts, membership, kcdf="none"), expected, atol=1e-9)


@pytest.mark.parametrize(
    ("params", "theirs"),
    [
        ({}, {}),
        ({"mx_diff": False}, {"mx_diff": False}),
        ({"abs_rnk": True}, {"abs_rnk": True}),
        ({"tau": 0.25}, {"weight": 0.25}),
        ({"kcdf": "none"}, {"kcdf": None}),
    ],
)
@pytest.mark.parametrize("make", [sparse.csr_matrix, sparse.csc_matrix, np.asarray])
def test_equals_gseapy(
    gsva: Callable[..., Any],
    gseapy: Callable[..., Any],
    counts: np.ndarray,
    membership: np.ndarray,
    make: Callable[..., Any],
    params: dict[str, float | str],
    theirs: dict[str, float | None],
) -> None:
    membership = membership[1:]  # a set of the one gene without weight breaks gseapy's walk
    np.testing.assert_allclose(
        gsva(make(counts), membership, **params), gseapy(counts, membership, **theirs), atol=1e-6
    )


def test_equals_gseapy_on_counts(
    gsva: Callable[..., Any], gseapy: Callable[..., Any], raw: np.ndarray, membership: np.ndarray
) -> None:
    membership = membership[1:]
    found = gsva(raw, membership, kcdf="poisson")
    np.testing.assert_allclose(found, gseapy(raw, membership, kcdf="Poisson"), atol=1e-6)
    np.testing.assert_allclose(gsva(raw, membership), gseapy(raw, membership), atol=1e-6)


def test_negative_and_integer_values(
    gsva: Callable[..., Any], gseapy: Callable[..., Any], membership: np.ndarray
) -> None:
    membership = membership[1:]
    x = np.random.default_rng(0).integers(-9, 10, (11, 60))
    np.testing.assert_allclose(gsva(x, membership), gseapy(x.astype(float), membership), atol=1e-6)


@pytest.mark.parametrize("params", [{}, {"kcdf": "none"}, {"n_reference": 9}, {"kcdf": "poisson", "n_reference": 9}])
def test_independent_of_array_type_and_block_size(
    gsva: Callable[..., Any],
    raw: np.ndarray,
    membership: np.ndarray,
    array_type: Callable[..., Any],
    params: dict[str, Any],
) -> None:
    expected = gsva(sparse.csr_matrix(raw), membership, **params)
    for block_size in (None, 1, 4):
        np.testing.assert_array_equal(gsva(array_type(raw), membership, block_size=block_size, **params), expected)


@pytest.mark.parametrize("kcdf", ["gaussian", "poisson", "none"])
def test_approximation_from_a_sample_of_cells(
    gsva: Callable[..., Any], raw: np.ndarray, membership: np.ndarray, kcdf: str
) -> None:
    """If the cells of the reference occur again and again, the scores are those of the reference."""
    few = gsva(raw, membership, kcdf=kcdf)
    many = gsva(np.repeat(raw, 4, axis=0)[1:], membership, kcdf=kcdf, n_reference=19)[::4]
    assert np.corrcoef(few.ravel(), many.ravel())[0, 1] > 0.98


def test_zero_cell_and_constant_genes(gsva: Callable[..., Any], counts: np.ndarray, membership: np.ndarray) -> None:
    """The genes are ordered by how seldom they are 0; constant ones stand in the middle. Nothing is NaN."""
    x = np.column_stack([counts, np.full(len(counts), 3.5)])
    sets = np.column_stack([membership, np.ones(len(membership))])
    assert np.isfinite(gsva(x, sets)).all()
    assert np.isfinite(gsva(np.zeros((3, 60)), membership)).all()


def test_set_of_all_genes_scores_1(gsva: Callable[..., Any], counts: np.ndarray) -> None:
    np.testing.assert_allclose(gsva(counts, np.ones((1, 60))), 1)


def test_set_of_the_gene_with_weight_0(gsva: Callable[..., Any]) -> None:
    """The gene below the middle weighs nothing, but a set of it alone moves up by it like any other.

    The first cell has the higher value of genes 0 and 1; of equal ones the last comes first: 1, 0, 3, 2.
    """
    x = np.array([[4.0, 3, 2, 1], [1, 2, 3, 4]])
    np.testing.assert_allclose(gsva(x, np.eye(4))[0], [1 / 3, 1, -1, -1 / 3], atol=1e-12)


@pytest.mark.parametrize("params", [{"kcdf": "epanechnikov"}, {"kcdf": "poisson"}])
def test_invalid_kernel_raises(
    gsva: Callable[..., Any], counts: np.ndarray, membership: np.ndarray, params: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=f"kcdf.*{params['kcdf']}"):
        gsva(counts, membership, **params)


def test_single_cell_raises(gsva: Callable[..., Any], counts: np.ndarray, membership: np.ndarray) -> None:
    with pytest.raises(ValueError, match="compares cells, so it needs at least two"):
        gsva(counts[:1], membership)
