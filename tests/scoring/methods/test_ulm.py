from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.stats import false_discovery_control, linregress

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def test_equals_regression(
    score: Callable[..., Any], counts: np.ndarray, signed: np.ndarray, array_type: Callable[..., Any]
) -> None:
    found = score("ulm", array_type(counts), signed, null="parametric", block_size=7)
    pvalues = np.ones_like(found.scores)
    for i, cell in enumerate(counts):
        for j, weights in enumerate(signed):
            if cell.any():
                fit = linregress(weights, cell)
                np.testing.assert_allclose(found.scores[i, j], fit.slope / fit.stderr, rtol=1e-9)
                pvalues[i, j] = fit.pvalue
            else:
                assert found.scores[i, j] == 0
    np.testing.assert_allclose(found.padj, false_discovery_control(pvalues, axis=1), rtol=1e-9)


def test_equals_decoupler(
    score: Callable[..., Any], decoupler: Callable[..., Any], counts: np.ndarray, signed: np.ndarray
) -> None:
    counts = counts[counts.any(axis=1)]
    scores, padj = decoupler("ulm", counts, signed)
    keep = counts.any(axis=0)  # decoupler's universe
    found = score("ulm", counts[:, keep], signed[:, keep], null="parametric")
    np.testing.assert_allclose(found.scores, scores, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.padj, padj, rtol=1e-6)  # decoupler adjusts in single precision


@pytest.mark.parametrize("value", [0, 2.5])
def test_constant_cell_scores_0(score: Callable[..., Any], membership: np.ndarray, value: float) -> None:
    found = score("ulm", np.full((1, 60), value), membership)
    np.testing.assert_array_equal(found.scores, 0)
    np.testing.assert_array_equal(found.padj, 1)
