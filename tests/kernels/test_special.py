from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr, ndtri, pdtr

from scgsfm.kernels._special import normal_quantile, normal_sf, poisson_cdf


def test_normal_quantile() -> None:
    p = np.concatenate([np.logspace(-300, -1, 200), np.linspace(0.01, 0.99, 197), 1 - np.logspace(-15, -2, 50)])
    np.testing.assert_allclose([normal_quantile(x) for x in p], ndtri(p), rtol=1e-13, atol=1e-15)


def test_normal_sf() -> None:
    x = np.linspace(-9, 30, 100)
    np.testing.assert_allclose([normal_sf(y) for y in x], ndtr(-x), rtol=1e-12)


@pytest.mark.parametrize("mean", [0.5, 1.5, 7.5, 100.5, 5000.5, 1e6])
def test_poisson_cdf(mean: float) -> None:
    counts = np.unique(np.floor(mean + np.sqrt(mean) * np.linspace(-12, 12, 60)).clip(0))
    found = [poisson_cdf(count, mean) for count in counts]
    np.testing.assert_allclose(found, pdtr(counts, mean), rtol=1e-8, atol=1e-13 * mean)
