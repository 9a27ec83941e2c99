from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import false_discovery_control

from scgsfm.kernels import adjust


@pytest.mark.parametrize("shape", [(1, 1), (3, 2), (130, 37), (0, 5), (4, 0)])
def test_equals_scipy(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    pvalues = rng.random(shape) ** rng.choice([1, 9], shape)
    pvalues[:, ::3] = pvalues[:, ::3].round(1)  # ties, zeros and ones
    before = pvalues.copy()
    expected = false_discovery_control(pvalues, axis=1) if pvalues.size else pvalues
    np.testing.assert_allclose(adjust(pvalues), expected, rtol=1e-14)
    np.testing.assert_array_equal(pvalues, before)
