from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.stats import false_discovery_control
from scipy.stats import t as student

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def by_least_squares(x: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """t and p of each coefficient, from the fit itself."""
    design = np.column_stack([np.ones(weights.shape[1]), weights.T])
    coefficients, residual, _, _ = np.linalg.lstsq(design, x.T)
    df = len(design) - design.shape[1]
    error = np.sqrt(np.outer(residual / df, np.diag(np.linalg.inv(design.T @ design))))
    t = (coefficients.T / error)[:, 1:]
    return t, 2 * student.sf(abs(t), df)


def test_equals_regression(
    score: Callable[..., Any], counts: np.ndarray, signed: np.ndarray, array_type: Callable[..., Any]
) -> None:
    found = score("mlm", array_type(counts), signed, null="parametric", block_size=7)
    with np.errstate(invalid="ignore"):
        t, pvalues = by_least_squares(counts, signed)
    t[4], pvalues[4] = 0, 1  # the cell without counts
    np.testing.assert_allclose(found.scores, t, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.padj, false_discovery_control(pvalues, axis=1), rtol=1e-9)


def test_equals_decoupler(
    score: Callable[..., Any], decoupler: Callable[..., Any], counts: np.ndarray, signed: np.ndarray
) -> None:
    counts = counts[counts.any(axis=1)]
    scores, pvalues = decoupler("mlm", counts, signed)
    keep = counts.any(axis=0)  # decoupler's universe
    found = score("mlm", counts[:, keep], signed[:, keep], null="parametric")
    np.testing.assert_allclose(found.scores, scores, rtol=1e-9, atol=1e-12)
    # decoupler doesn't adjust the p-values of this method
    np.testing.assert_allclose(found.padj, false_discovery_control(pvalues, axis=1), rtol=1e-9, atol=1e-12)


def test_single_set_equals_univariate_model(score: Callable[..., Any], counts: np.ndarray, signed: np.ndarray) -> None:
    for i in range(len(signed)):
        one = signed[i : i + 1]
        np.testing.assert_allclose(score("mlm", counts, one).scores, score("ulm", counts, one).scores, rtol=1e-9)


@pytest.mark.parametrize("value", [0, 2.5, 0.1])
def test_constant_cell_scores_0(score: Callable[..., Any], membership: np.ndarray, value: float) -> None:
    found = score("mlm", np.full((1, 60), value), membership)
    np.testing.assert_array_equal(found.scores, 0)
    np.testing.assert_array_equal(found.padj, 1)


def test_perfect_fit_is_finite(score: Callable[..., Any], membership: np.ndarray) -> None:
    found = score("mlm", 3 * membership[3:4] + 1, membership).scores[0]
    assert np.isfinite(found).all()
    assert found[3] > 1e6
    assert found[3] > 1e3 * abs(np.delete(found, 3)).max()


@pytest.mark.parametrize(
    ("extra", "name"),
    [
        (lambda m: m[3], "'set 3'|'set 6'"),
        (lambda m: 2 * m[1] - m[4], "'set [146]'"),
        (lambda m: np.ones(60), "'set 6'"),
        (lambda m: 1 - m[5], "'set [56]'"),
    ],
    ids=["twice", "combination", "all genes", "complement"],
)
def test_dependent_sets_raise_by_name(
    score: Callable[..., Any], counts: np.ndarray, membership: np.ndarray, extra: Callable[..., Any], name: str
) -> None:
    with pytest.raises(ValueError, match=rf"determined by the others .*: ({name})\. Remove"):
        score("mlm", counts, np.vstack([membership, extra(membership)]))


def test_more_sets_than_genes_raise(score: Callable[..., Any], counts: np.ndarray, membership: np.ndarray) -> None:
    with pytest.raises(ValueError, match="data has 6 genes and there are 6 sets"):
        score("mlm", counts[:, :6], np.eye(6))
