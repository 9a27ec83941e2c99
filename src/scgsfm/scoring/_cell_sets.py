from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

if TYPE_CHECKING:
    from ._rows import Rows

TOTAL = 10_000
"""Sum to which the counts of a cell are scaled."""


@dataclass(frozen=True)
class CellSets:
    """Turns cells into gene sets for a model: the highest genes of each cell, perhaps with weights."""

    factors: np.ndarray
    """What the values of each gene are multiplied by before the highest are taken."""
    counts: bool
    """Whether values are counts, to be scaled to a sum of ``TOTAL`` in each cell and transformed by log(1 + x)."""
    n_genes: int
    """Genes of a set, at most."""
    soft: bool
    """Whether genes have their values as weights."""

    @classmethod
    def survey(cls, rows: Rows, *, n_genes: int, specific: bool, soft: bool) -> CellSets:
        """Walk the data once for what is to be known of all cells.

        With ``specific``, the factor of a gene that n of N cells express is log(1 + N/n), else 1. Raises ValueError
        for negative values.
        """
        expressing, counts = np.zeros(rows.n_genes, np.int64), True
        for _, block in rows:
            if (block.data < 0).any():
                msg = (
                    "The matrix holds negative values, as scaled data do, but no gene can be less than absent from a "
                    "set. Give counts or log-normalised values: name a `layer`, or set `use_raw=True`."
                )
                raise ValueError(msg)
            expressing += np.bincount(block.indices[block.data > 0], minlength=rows.n_genes)
            counts = counts and bool((block.data == np.floor(block.data)).all())
        factors = np.log1p(rows.n_cells / np.maximum(expressing, 1)) if specific else np.ones(rows.n_genes)
        return cls(factors, counts, min(n_genes, rows.n_genes), soft)

    def of(self, block: csr_array) -> csr_array:
        """The sets of a block of cells: float32, cells × genes. Of genes with the same value the first are taken."""
        from scgsfm.kernels import top_genes

        n_cells, n_genes = block.shape
        cell = np.repeat(np.arange(n_cells), np.diff(block.indptr))
        values = self._transformed(block.data.astype(np.float64), cell, n_cells) * self.factors[block.indices]
        chosen = np.zeros((n_cells, n_genes), bool)
        top = top_genes(values, block.indices, block.indptr, n_genes, self.n_genes)
        chosen[np.arange(n_cells)[:, None], top] = True
        kept = chosen[cell, block.indices] & (values > 0)
        cell, values = cell[kept], values[kept]
        sizes = np.bincount(cell, minlength=n_cells)
        if self.soft:
            squares = np.bincount(cell, values**2, n_cells)
            weights = values * np.sqrt(sizes[cell] / squares[cell])
        else:
            weights = np.ones(len(values))
        indptr = np.concatenate([[0], np.cumsum(sizes)])
        return csr_array((weights.astype(np.float32), block.indices[kept], indptr), shape=block.shape)

    def _transformed(self, values: np.ndarray, cell: np.ndarray, n_cells: int) -> np.ndarray:
        if not self.counts:
            return values
        total = np.bincount(cell, values, n_cells)
        return np.log1p(values * (TOTAL / np.where(total > 0, total, 1))[cell])
