from __future__ import annotations

from typing import NamedTuple

import numpy as np

LEAST_SKEW = 0.05
"""Below it the gamma distribution is as good as normal, and its shape grows without bound."""


class Pearson3(NamedTuple):
    """Mean, standard deviation and skewness of what chance gives."""

    mean: np.ndarray
    std: np.ndarray
    skew: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray) -> Pearson3:
        """Moments over the first axis."""
        mean, std = values.mean(axis=0), values.std(axis=0)
        z = (values - mean) / np.where(std > 0, std, 1)
        return cls(mean, std, (z * z * z).mean(axis=0))

    def zscore(self, value: np.ndarray) -> np.ndarray:
        """``value`` in standard deviations from the mean; 0 where nothing varies."""
        return (value - self.mean) / np.where(self.std > 0, self.std, np.inf)

    def upper(self, value: np.ndarray) -> np.ndarray:
        """Probability of ``value`` or more, by the gamma distribution with these moments, shifted (Pearson's type III).

        What is skewed to the left counts as symmetric, since its upper tail would end.
        """
        from scipy.special import gammaincc

        skew = np.maximum(self.skew, LEAST_SKEW)
        shape = 4 / skew**2
        return gammaincc(shape, np.maximum(shape + 2 * self.zscore(value) / skew, 0))
