"""Null distributions of random sets whose genes match those of a set in their mean expression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scgsfm.kernels import GeneWindows
    from scgsfm.scoring._set_index import SetIndex
    from scgsfm.scoring.engine import CellBlock

ROUNDING = 1e-20
"""Relative variance of a sum up to which it varies by rounding errors only."""
TIE = 1e-14
"""Difference up to which two windows are equally near, relative to the sum of all means."""


@dataclass(frozen=True)
class BinnedSets:
    r"""Random sets with as many genes of each bin as the set, drawn without replacement.

    With :math:`m_b` of the :math:`N_b` genes of bin :math:`b` in the set, and the mean :math:`\bar x_b` and the deviations
    :math:`d` of the values in the bin, the sum over the set has the moments

    .. math::
        E T = \sum_b m_b \bar x_b, \qquad
        \operatorname{Var} T = \sum_b \frac{m_b (N_b - m_b)}{N_b (N_b - 1)} \sum d^2, \qquad
        E (T - E T)^3 = \sum_b \frac{m_b (N_b - m_b) (N_b - 2 m_b)}{N_b (N_b - 1) (N_b - 2)} \sum d^3

    Control genes of a score are the same for all of these sets and cancel in z.
    """

    sets: SetIndex
    bins: np.ndarray
    """Bin of each gene, -1 for none."""
    sizes: np.ndarray
    """Number of genes in each bin."""
    n_in_bin: np.ndarray
    """Number of genes of each set in each bin (bins × sets)."""

    @classmethod
    def of(cls, sets: SetIndex, bins: np.ndarray) -> BinnedSets:
        """Count the genes of the sets in the bins."""
        n_bins = int(bins.max()) + 1
        set_of = np.repeat(np.arange(len(sets)), sets.n_found)
        counts = np.zeros((n_bins, len(sets)))
        np.add.at(counts, (bins[sets.membership.indices], set_of), 1)
        return cls(sets, bins, np.bincount(bins[bins >= 0], minlength=n_bins), counts)

    def __call__(self, cells: CellBlock) -> tuple[np.ndarray, np.ndarray]:
        """Return z and two-sided p-values."""
        from scgsfm.kernels import bin_moments

        means, squares, cubes = bin_moments(cells.values, cells.indices, cells.indptr, self.bins, self.sizes)
        m, n = self.n_in_bin, self.sizes[:, None]
        rest = np.where(m < n, m * (n - m), 0)
        second = rest / np.maximum(n * (n - 1), 1)
        third = rest * (n - 2 * m) / np.maximum(n * (n - 1) * (n - 2), 1)
        return standardized(cells.sums(self.sets) - means @ m, squares @ second, cubes @ third)


@dataclass(frozen=True)
class NeighborSets:
    r"""Random sets in which each gene is replaced by one of its neighbors in the order of mean expression.

    Gene :math:`g` is drawn from the :math:`n` genes of its window :math:`W_g`, independently of the other genes. The
    moments of the genes then add up: with the mean :math:`\bar x_g` of the window,

    .. math::
        E T = \sum_{g \in S} \bar x_g, \qquad
        \operatorname{Var} T = \sum_{g \in S} \frac{1}{n} \sum_{h \in W_g} (x_h - \bar x_g)^2

    and the same with cubes. Control genes of a score are the same for all of these sets and cancel in z.
    """

    windows: GeneWindows

    @classmethod
    def of(cls, sets: SetIndex, means: np.ndarray, order: np.ndarray, size: int) -> NeighborSets:
        """Find the windows of the genes of the sets, from the means of all genes and the order of these means."""
        from scgsfm.kernels import GeneWindows

        genes = sets.membership.indices
        position = np.empty(len(order), np.int64)
        position[order] = np.arange(len(order))
        starts = nearest_windows(means[order], means[genes], size, tie=smallest_difference(means))
        return cls(GeneWindows(position, starts, size, sets.membership.indptr.astype(np.int64), genes.astype(np.int64)))

    def __call__(self, cells: CellBlock) -> tuple[np.ndarray, np.ndarray]:
        """Return z and two-sided p-values."""
        from scgsfm.kernels import window_moments

        z, pvalues = standardized(*window_moments(cells.values, cells.indices, cells.indptr, self.windows))
        z[:, np.diff(self.windows.set_indptr) == 0] = np.nan  # no gene is left
        return z, pvalues


def standardized(deviations: np.ndarray, variances: np.ndarray, cubes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute z and two-sided p-values of sums from their deviations, variances and third moments (cells × sets)."""
    from scgsfm.kernels import random_set_pvalues

    with np.errstate(invalid="ignore"):
        std = np.sqrt(np.where(variances > ROUNDING * deviations**2, variances, np.inf))
        z = deviations / std
        return z, np.asarray(random_set_pvalues(z, cubes / std**3))


def smallest_difference(means: np.ndarray) -> float:
    """Return the difference of two means of windows that may be a rounding error of sums over all genes."""
    return float(TIE * abs(means).sum())


def nearest_windows(sorted_means: np.ndarray, means: np.ndarray, size: int, *, tie: float) -> np.ndarray:
    """Return the first position of the window whose mean is nearest to each of some means; the first one of several.

    Parameters
    ----------
    sorted_means
        Means of genes in ascending order.
    means
        Means of the genes that need a window.
    size
        Number of genes in a window.
    tie
        Difference up to which two windows are equally near.
    """
    sums = np.concatenate([[0], np.cumsum(sorted_means)])
    of_windows = (sums[size:] - sums[:-size]) / size
    after = np.minimum(np.searchsorted(of_windows, means), len(of_windows) - 1)
    before = np.maximum(after - 1, 0)
    distance = np.minimum(abs(of_windows[after] - means), abs(of_windows[before] - means))
    # many genes of a low count have the same mean: rounding errors must not decide between them
    first: np.ndarray = np.searchsorted(of_windows, means - distance - tie)
    return first.clip(max=len(of_windows) - 1)
