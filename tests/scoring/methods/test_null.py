"""``normalize="null"``: z and p-values against random sets, compared with all or many random sets."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import sparse
from scipy.stats import rankdata

from scgsfm.errors import GeneSetWarning
from scgsfm.scoring import BlockReader, Job, SetIndex, get_method, run
from scgsfm.scoring.methods import METHODS
from scgsfm.scoring.methods._ans import nearest_windows
from scgsfm.scoring.methods._score_genes import _bins

if TYPE_CHECKING:
    from collections.abc import Callable

PARAMS: dict[str, dict[str, Any]] = {"aucell": {"n_up": 6}, "ucell": {"max_rank": 7}, "score_genes": {"n_bins": 4}}


def null(method: str, x: Any, membership: np.ndarray, **params: Any) -> tuple[np.ndarray, np.ndarray]:
    """z and adjusted p-values of one set at a time, for which they are the p-values."""
    results = []
    for row in membership:
        sets = SetIndex(["a"], sparse.csr_array(row[None]), np.array([(row != 0).sum()]), np.array([(row < 0).sum()]))
        results.append(run(BlockReader(x), [Job(get_method(method), sets, params, null=True)])[0])
    return np.hstack([r.scores for r in results]), np.hstack([r.padj for r in results])


@pytest.fixture(scope="module")
def tiny() -> np.ndarray:
    """Cells × 12 genes with ties and zeros, and an empty and a constant cell."""
    x = np.random.default_rng(1).poisson(1.0, (6, 12)).astype(float)
    x[4], x[5] = 0, 2
    return x


@pytest.mark.parametrize("method", ["aucell", "ucell", "singscore", "mean", "sum", "zscore"])
def test_equals_all_sets_of_the_same_size(score: Callable[..., Any], tiny: np.ndarray, method: str) -> None:
    params = PARAMS.get(method, {})
    every = np.array([np.isin(np.arange(12), genes) for genes in combinations(range(12), 3)], float)
    scores = score(method, tiny, every, **params).scores
    sd = scores.std(axis=1, keepdims=True)
    expected = np.divide(scores - scores.mean(axis=1, keepdims=True), sd, out=0 * scores, where=sd > 1e-12)
    z, p = null(method, tiny, every[::20], **params)
    np.testing.assert_allclose(z, expected[:, ::20], atol=1e-9)
    np.testing.assert_array_equal(p[4:], 1)


def test_weights_and_signs(tiny: np.ndarray) -> None:
    """Weighted and signed sets are compared with the same weights on all ordered choices of genes."""
    weights = np.array([2.0, -1, 0.5])
    x = tiny[0]
    sums = np.array([x[list(g)] @ weights for g in np.ndindex(12, 12, 12) if len(set(g)) == 3])
    row = np.zeros((1, 12))
    row[0, [3, 5, 8]] = weights
    expected = (x[[3, 5, 8]] @ weights - sums.mean()) / sums.std()
    for method in ("mean", "sum", "zscore"):
        np.testing.assert_allclose(null(method, tiny, row)[0][0, 0], expected)
    signed = np.sign(row)
    ranks = rankdata(x)
    # genes of either sign are scaled by their number and by the range of their mean rank
    up, down = 1 / (2 * 10), 1 / 11
    both = np.array([ranks[list(g)] @ [up, -down, up] for g in np.ndindex(12, 12, 12) if len(set(g)) == 3])
    expected = (ranks[[3, 5, 8]] @ [up, -down, up] - both.mean()) / both.std()
    np.testing.assert_allclose(null("singscore", tiny, signed)[0][0, 0], expected)


def test_decoupler_ties_draw_from_detected_genes(score: Callable[..., Any], tiny: np.ndarray) -> None:
    x = np.hstack([tiny, np.zeros((6, 5))])  # decoupler drops genes that are 0 in all cells
    every = np.array([np.isin(np.arange(17), genes) for genes in combinations(range(12), 2)], float)
    scores = score("aucell", x, every, n_up=6, ties="decoupler").scores
    expected = (scores - scores.mean(axis=1, keepdims=True)) / scores.std(axis=1, keepdims=True)
    np.testing.assert_allclose(
        null("aucell", x, every[::13], n_up=6, ties="decoupler")[0], expected[:, ::13], atol=1e-9
    )


@pytest.fixture(scope="module")
def values() -> np.ndarray:
    """Log counts of 5 cells × 90 genes."""
    rng = np.random.default_rng(3)
    return np.log1p(rng.poisson(rng.gamma(0.7, 2, 90), (5, 90)).astype(float))


def test_score_genes_equals_sets_of_the_same_bins(values: np.ndarray) -> None:
    """Against random sets with as many genes of each bin; the control genes of the set stay the same."""
    row = np.zeros((1, 90))
    row[0, [2, 3, 5, 8, 13, 21, 34]] = 1
    z, _ = null("score_genes", values, row, n_bins=4, ctrl_size=10)
    bins = _bins(values.mean(axis=0), np.arange(90), 4)
    rng = np.random.default_rng(0)
    sums = np.zeros((5, 10_000))
    for b in np.unique(bins[row[0] > 0]):
        candidates, n = np.flatnonzero(bins == b), int(row[0, bins == b].sum())
        orders = rng.random((10_000, len(candidates))).argsort(axis=1)
        sums += values[:, candidates[orders[:, :n]]].sum(axis=2)
    expected = (values @ row[0] - sums.mean(axis=1)) / sums.std(axis=1)
    np.testing.assert_allclose(z[:, 0], expected, atol=0.05)


def test_ans_equals_genes_drawn_from_windows(values: np.ndarray) -> None:
    """Each kept gene is replaced by one of the genes of its window; the control genes of the set stay the same."""
    genes = np.array([2, 3, 5, 8, 13, 21, 34])
    means = values.mean(axis=0)
    order = np.argsort(means, kind="stable")
    kept = genes[np.isin(genes, order[5:-5])]
    starts = nearest_windows(means[order], means[kept], 10, tie=0)
    windows = order[starts[:, None] + np.arange(10)]
    row = np.zeros((1, 90))
    row[0, genes] = 1
    z, _ = null("ans", values, row, ctrl_size=10)
    chosen = np.random.default_rng(0).integers(0, 10, (20_000, len(kept)))
    sums = values[:, windows[np.arange(len(kept)), chosen]].mean(axis=2)
    found = values[:, kept].mean(axis=1)
    np.testing.assert_allclose(z[:, 0], (found - sums.mean(axis=1)) / sums.std(axis=1), atol=0.05)


def test_one_gene_has_no_other_sets() -> None:
    z, p = null("mean", np.array([[0.0], [3.0]]), np.ones((1, 1)))
    np.testing.assert_array_equal(z, 0)
    np.testing.assert_array_equal(p, 1)


def test_set_without_a_gene_has_no_z(values: np.ndarray) -> None:
    row = np.zeros((1, 90))
    row[0, np.argmax(values.mean(axis=0))] = 1
    with pytest.warns(GeneSetWarning, match="have no score"):
        z, p = null("ans", values, row, ctrl_size=10)
    assert np.isnan(z).all()
    np.testing.assert_array_equal(p, 1)


def test_random_sets_are_not_significant(counts: np.ndarray) -> None:
    """p-values of random sets are below 0.05 in about 5 % of the cells."""
    rng = np.random.default_rng(0)
    x = np.log1p(np.random.default_rng(8).poisson(rng.gamma(0.4, 2, 1500), (4, 1500)).astype(float))
    sets = np.array([np.isin(np.arange(1500), rng.choice(1500, 12, replace=False)) for _ in range(150)], float)
    for method, chosen in METHODS.items():
        if not chosen.null or chosen.completes:
            continue
        z, p = null(method, x, sets)
        assert 0.01 < (p < 0.05).mean() < 0.09, method
        assert abs(z.mean()) < 0.1, method
        assert 0.85 < z.std() < 1.15, method


def test_same_for_all_arrays_and_blocks(counts: np.ndarray, array_type: Callable[..., Any]) -> None:
    membership = np.zeros((1, 60))
    membership[0, 10:30] = 1
    for method in ("aucell", "score_genes", "ans"):
        expected = null(method, counts, membership)
        found = null(method, array_type(counts), membership)
        np.testing.assert_allclose(found[0], expected[0], rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(found[1], expected[1], rtol=1e-12, atol=1e-12)


def test_methods_without_a_sum_are_not_marked() -> None:
    marked = [name for name, method in METHODS.items() if method.null]
    assert marked == ["aucell", "gsfm", "ucell", "singscore", "score_genes", "ans", "mean", "sum", "zscore"]
