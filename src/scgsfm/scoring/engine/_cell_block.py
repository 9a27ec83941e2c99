from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from scgsfm.kernels import Ranks
    from scgsfm.scoring._set_index import SetIndex

EXTREME = 1e-90, 1e90
"""Beyond these, squares and cubes of deviations underflow or overflow."""


class CellBlock:
    """A block of cells in CSR form, with ranks, moments and sums that several methods share.

    They are computed on first access and cached while the block is scored, in one thread.
    """

    def __init__(self, block: csr_array) -> None:
        self.matrix = block
        self.data: np.ndarray = block.data
        self.indices: np.ndarray = block.indices
        self.indptr: np.ndarray = block.indptr
        self.shape: tuple[int, int] = block.shape
        self._sums: dict[SetIndex, np.ndarray] = {}

    @cached_property
    def values(self) -> np.ndarray:
        """The stored values, float64."""
        return self.data.astype(np.float64, copy=False)

    @cached_property
    def ranks(self) -> Ranks:
        """Ranks of the genes in each cell, the highest value first."""
        from scgsfm.kernels import rank_cells

        return rank_cells(self.data, self.indptr, self.shape[1])

    @cached_property
    def mean_ranks(self) -> tuple[np.ndarray, np.ndarray]:
        """Ranks of the values, the lowest first and ties at their mean rank, and the rank of the zeros of each cell."""
        from scgsfm.kernels import truncated_ranks

        return truncated_ranks(self.ranks, self.shape[1] + 1, ties="average")

    @cached_property
    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation of each cell over all genes."""
        from scgsfm.kernels import moments

        return moments(self.values, self.indptr, self.shape[1])

    @cached_property
    def rescaled(self) -> CellBlock:
        """The block with the values of cells of extreme size multiplied by a power of two, which is exact.

        It is for scores that do not depend on the scale of the values. Their squares would underflow or overflow.
        """
        _, std = self.moments
        suspects = np.flatnonzero(~((std > EXTREME[0]) & (std < EXTREME[1])))  # also cells of equal values
        exponents = np.zeros(len(std), np.int32)  # `ldexp` takes no other integers on Windows
        for cell in suspects.tolist():
            largest = np.abs(self.values[self.indptr[cell] : self.indptr[cell + 1]]).max(initial=0)
            if largest > 0 and not EXTREME[0] < largest < EXTREME[1]:
                exponents[cell] = -np.frexp(largest)[1]
        if not exponents.any():
            return self
        from scipy.sparse import csr_array

        values = np.ldexp(self.values, exponents.repeat(np.diff(self.indptr)))
        return CellBlock(csr_array((values, self.indices, self.indptr), shape=self.shape))

    @cached_property
    def third_moments(self) -> np.ndarray:
        """Sum of the cubed deviations of each cell's values from their mean, over all genes."""
        from scgsfm.kernels import third_moments

        return np.asarray(third_moments(self.values, self.indptr, self.shape[1], self.moments[0]))

    def sums(self, sets: SetIndex) -> np.ndarray:
        """Weighted sum of each set's genes in each cell (cells × sets), read-only."""
        if sets not in self._sums:
            self._sums[sets] = sets.set_sums(self.indptr, self.indices, self.values)
            self._sums[sets].flags.writeable = False
        return self._sums[sets]
