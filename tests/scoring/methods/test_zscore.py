from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.stats import false_discovery_control, norm

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


@pytest.mark.parametrize("flavor", ["RoKAI", "KSEA"])
def test_formula(
    score: Callable[..., Any], counts: np.ndarray, signed: np.ndarray, array_type: Callable[..., Any], flavor: str
) -> None:
    found = score("zscore", array_type(counts), signed, null="parametric", flavor=flavor, block_size=7)
    mean = counts @ signed.T / abs(signed).sum(axis=1)
    background = counts.mean(axis=1, keepdims=True) if flavor == "KSEA" else 0
    with np.errstate(invalid="ignore"):
        expected = (mean - background) * np.sqrt((signed != 0).sum(axis=1)) / counts.std(axis=1, ddof=1, keepdims=True)
    expected[4] = 0  # the cell without counts
    np.testing.assert_allclose(found.scores, expected, rtol=1e-10, atol=1e-12)
    padj = false_discovery_control(2 * norm.sf(abs(expected)), axis=1)
    np.testing.assert_allclose(found.padj, padj, rtol=1e-9)


@pytest.mark.parametrize("flavor", ["RoKAI", "KSEA"])
def test_equals_decoupler(
    score: Callable[..., Any], decoupler: Callable[..., Any], counts: np.ndarray, signed: np.ndarray, flavor: str
) -> None:
    counts = counts[counts.any(axis=1)]
    scores, padj = decoupler("zscore", counts, signed, flavor=flavor)
    keep = counts.any(axis=0)  # decoupler's universe
    found = score("zscore", counts[:, keep], signed[:, keep], flavor=flavor, null="parametric")
    np.testing.assert_allclose(found.scores, scores, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.padj, padj, rtol=1e-6)  # decoupler adjusts in single precision


def test_constant_cell_scores_0(score: Callable[..., Any], membership: np.ndarray) -> None:
    found = score("zscore", np.full((1, 60), 2.5), membership)
    np.testing.assert_array_equal(found.scores, 0)
    np.testing.assert_array_equal(found.padj, 1)


def test_invalid_flavor_raises(score: Callable[..., Any], counts: np.ndarray, membership: np.ndarray) -> None:
    with pytest.raises(ValueError, match="`flavor` is 'kinase'"):
        score("zscore", counts, membership, flavor="kinase")
