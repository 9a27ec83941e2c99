from __future__ import annotations

from typing import NamedTuple

import numpy as np

MIN_SKEW = 0.05
"""With less skewness, the gamma distribution is nearly normal, and its shape parameter grows without bound."""


class Pearson3(NamedTuple):
    """Mean, standard deviation and skewness of a Pearson type III distribution (shifted gamma)."""

    mean: np.ndarray
    std: np.ndarray
    skew: np.ndarray

    @classmethod
    def fit(cls, values: np.ndarray) -> Pearson3:
        """Fit the distribution by moments over the first axis."""
        mean, std = values.mean(axis=0), values.std(axis=0)
        z = (values - mean) / np.where(std > 0, std, 1)
        return cls(mean, std, (z * z * z).mean(axis=0))

    def zscore(self, value: np.ndarray) -> np.ndarray:
        """Standardized values; 0 if nothing varies."""
        return np.asarray((value - self.mean) / np.where(self.std > 0, self.std, np.inf))

    def sf(self, value: np.ndarray) -> np.ndarray:
        """Upper tail probability of ``value``.

        Negative skewness is replaced by ``MIN_SKEW``, because the upper tail would otherwise be bounded.
        """
        from scipy.stats import pearson3

        return np.asarray(pearson3.sf(self.zscore(value), np.maximum(self.skew, MIN_SKEW)))

    def isf(self, probability: float) -> np.ndarray:
        """Value with this upper tail probability."""
        from scipy.stats import pearson3

        return np.asarray(self.mean + self.std * pearson3.isf(probability, np.maximum(self.skew, MIN_SKEW)))
