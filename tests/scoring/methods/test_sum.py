from __future__ import annotations

import numpy as np


def test_formula(score, counts, signed, array_type) -> None:
    found = score("sum", array_type(counts), signed, block_size=7).scores
    np.testing.assert_allclose(found, counts @ signed.T, rtol=1e-12, atol=1e-12)


def test_equals_decoupler(score, decoupler, counts, signed) -> None:
    counts = counts[counts.any(axis=1)]
    expected, _ = decoupler("waggr", counts, signed, fun="wsum", times=0)
    np.testing.assert_allclose(score("sum", counts, signed).scores, expected, rtol=1e-9, atol=1e-12)
