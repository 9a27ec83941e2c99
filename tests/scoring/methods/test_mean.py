from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def test_formula(
    score: Callable[..., Any], counts: np.ndarray, signed: np.ndarray, array_type: Callable[..., Any]
) -> None:
    found = score("mean", array_type(counts), signed, block_size=7).scores
    np.testing.assert_allclose(found, counts @ signed.T / abs(signed).sum(axis=1), rtol=1e-12, atol=1e-12)


def test_equals_decoupler(
    score: Callable[..., Any], decoupler: Callable[..., Any], counts: np.ndarray, signed: np.ndarray
) -> None:
    counts = counts[counts.any(axis=1)]
    expected, _ = decoupler("waggr", counts, signed, fun="wmean", times=0)
    keep = counts.any(axis=0)  # decoupler's universe
    np.testing.assert_allclose(score("mean", counts[:, keep], signed[:, keep]).scores, expected, rtol=1e-9, atol=1e-12)
