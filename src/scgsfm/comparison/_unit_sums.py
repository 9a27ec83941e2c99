from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

ROUNDING = 1e-12
"""Share of values that differences of them may differ from 0 by rounding."""


class UnitSums:
    """Sums of scores, and of their squares, over the cells of each unit. Takes the place of an array of cells × sets.

    Parameters
    ----------
    codes
        Unit of each cell; -1 for none.
    n_units, n_sets
        Number of units and of sets.
    """

    def __init__(self, codes: np.ndarray, n_units: int, n_sets: int) -> None:
        self.codes = codes
        self.n_cells = np.bincount(codes[codes >= 0], minlength=n_units)
        self.sums, self.squares = np.zeros((n_units, n_sets)), np.zeros((n_units, n_sets))
        self.shift: np.ndarray | None = None

    def __setitem__(self, cells: slice, scores: np.ndarray) -> None:
        """Add the scores of consecutive cells."""
        codes = self.codes[cells]
        kept = codes >= 0
        scores = np.asarray(scores, dtype=np.float64)
        if not kept.all():
            scores, codes = scores[kept], codes[kept]
        if not len(codes):
            return
        if self.shift is None:  # sums of squares of values near 0 lose no digits
            self.shift = np.nan_to_num(scores.mean(axis=0))
        scores = scores - self.shift
        units, rows = np.unique(codes, return_inverse=True)
        members = csr_array((np.ones(len(rows)), (rows, np.arange(len(rows)))), shape=(len(units), len(rows)))
        self.sums[units] += members @ scores
        self.squares[units] += members @ np.square(scores, out=scores)

    @property
    def means(self) -> np.ndarray:
        """Mean scores, units × sets."""
        shift = np.zeros(self.sums.shape[1]) if self.shift is None else self.shift
        centered = self.sums / np.maximum(self.n_cells, 1)[:, None]
        centered[np.abs(centered) < ROUNDING * np.abs(shift)] = 0  # scores that are all equal have equal means
        means = centered + shift
        means[np.abs(means) < ROUNDING * np.abs(shift)] = 0
        return np.asarray(means)

    @property
    def deviations(self) -> np.ndarray:
        """Sums of squared deviations from the mean of the unit, units × sets."""
        deviations = self.squares - self.sums**2 / np.maximum(self.n_cells, 1)[:, None]
        return np.where(deviations < ROUNDING * self.squares, 0, deviations)

    def within(self, units: np.ndarray) -> np.ndarray:
        """Variance of the scores of cells within units, pooled over some of them; NaN without two cells in any."""
        df = int((self.n_cells[units] - 1).sum())
        return self.deviations[units].sum(axis=0) / df if df > 0 else np.full(self.sums.shape[1], np.nan)
