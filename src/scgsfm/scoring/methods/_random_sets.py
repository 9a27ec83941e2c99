"""The null distribution of methods that sum the values of the genes of a set: random sets of the same size and weights."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from scgsfm._messages import check_choice

if TYPE_CHECKING:
    from scgsfm.scoring._set_index import SetIndex
    from scgsfm.scoring.engine import CellBlock

Null: TypeAlias = Literal["random", "parametric"]


CONSTANT = 1e-12
"""Relative standard deviation up to which the values of a cell are the same except for rounding."""


def check_null(null: str) -> None:
    """Raise ValueError if the null distribution of p-values does not exist."""
    check_choice("null", null, ("random", "parametric"))


@dataclass(frozen=True)
class RandomSets:
    r"""Sums :math:`T = \sum_g w_g x_{\pi(g)}` of a cell's values in random order :math:`\pi`.

    With the deviations :math:`a_g` of the weights and :math:`b_g` of the values from their means over all :math:`N`
    genes, the first three moments are (Hoeffding, 1951, https://doi.org/10.1214/aoms/1177729545)

    .. math::
        E T = N \bar w \bar x, \qquad
        \operatorname{Var} T = \frac{\sum a_g^2 \sum b_g^2}{N - 1}, \qquad
        E (T - E T)^3 = \frac{N \sum a_g^3 \sum b_g^3}{(N - 1)(N - 2)}

    p-values are those of a Pearson III distribution with these moments.
    """

    n_genes: int
    squares: np.ndarray
    """:math:`\\sum a_g^2` of each set."""
    cubes: np.ndarray
    """:math:`\\sum a_g^3` of each set."""
    totals: np.ndarray | None = None
    """:math:`\\sum w_g` of each set; 0 by default."""

    @classmethod
    def of(cls, sets: SetIndex, n_genes: int) -> RandomSets:
        """Compute the moments of the weights of sets."""
        weights = sets.membership
        mean = sets.total / n_genes
        squares = weights.multiply(weights).sum(axis=1)
        cubes = weights.multiply(weights).multiply(weights).sum(axis=1)
        centered = cubes - 3 * mean * squares + 2 * n_genes * mean**3
        return cls(n_genes, squares - n_genes * mean**2, centered, sets.total)

    def pvalues(self, sums: np.ndarray, cells: CellBlock) -> np.ndarray:
        """Two-sided p-values of sums minus their mean (cells × sets), which are overwritten."""
        from scgsfm.kernels import random_set_pvalues

        mean, std = cells.moments
        std, skewness = self._deviation_and_skewness(mean, std, cells.third_moments)
        scale, skew = self._scale_and_skew
        sums /= scale
        sums /= std[:, None]
        return np.asarray(random_set_pvalues(sums, np.outer(skewness, skew)))

    def z_and_pvalues(
        self, sums: np.ndarray, mean: np.ndarray, std: np.ndarray, third_moments: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Standardize sums (cells × sets), and compute two-sided p-values.

        Parameters
        ----------
        sums
            Sums over the sets.
        mean, std, third_moments
            Mean, standard deviation and sum of cubed deviations of the values of each cell.
        """
        from scgsfm.kernels import standardized_sums

        std, skewness = self._deviation_and_skewness(mean, std, third_moments)
        totals = np.zeros(len(self.squares)) if self.totals is None else self.totals
        return standardized_sums(sums, totals, *self._scale_and_skew, mean, std, skewness)

    @cached_property
    def _scale_and_skew(self) -> tuple[np.ndarray, np.ndarray]:
        scale = np.sqrt(np.where(self.squares > 0, self.squares, np.inf))
        return scale, self.cubes / scale**3

    def _deviation_and_skewness(
        self, mean: np.ndarray, std: np.ndarray, third_moments: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the standard deviation of the values of each cell, infinite if they are the same, and their skewness."""
        n = self.n_genes
        std = np.where(std > CONSTANT * abs(mean), std, np.inf)
        return std, third_moments / (std * std * std) * (n / (max(n - 1, 1) * max(n - 2, 1)))
