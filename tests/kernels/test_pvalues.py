from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr, stdtr

from scgsfm.kernels import two_sided_pvalues


@pytest.mark.parametrize("df", [1, 2, 7, 58, 300, 1_998, 19_998, 60_000, np.inf])
def test_equals_scipy_far_into_the_tail(df: float) -> None:
    t = np.concatenate([np.linspace(0, 40, 12_345), [1e-300, 1e-3, 35.999999, 36, 100, 1e8, np.inf]])
    expected = 2 * (ndtr(-t) if np.isinf(df) else stdtr(df, -t))
    found = two_sided_pvalues(np.stack([t, -t]), df)
    np.testing.assert_array_equal(found[0], found[1])
    normal = expected > 1e-300
    np.testing.assert_allclose(found[0][normal], expected[normal], rtol=2e-12)
    assert (found[0][~normal] <= 1e-300).all()
    assert found.max() == 1


def test_zero_gives_1_and_nan_stays() -> None:
    np.testing.assert_array_equal(two_sided_pvalues(np.array([[0.0, -0.0, np.nan]]), 100), [[1, 1, np.nan]])


def test_any_memory_layout() -> None:
    t = np.random.default_rng(0).normal(size=(5, 4))
    np.testing.assert_array_equal(two_sided_pvalues(np.asfortranarray(t), 12), two_sided_pvalues(t, 12))
    np.testing.assert_array_equal(two_sided_pvalues(t[:, ::2], 12), two_sided_pvalues(t, 12)[:, ::2])
