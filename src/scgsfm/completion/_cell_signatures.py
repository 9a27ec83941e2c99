from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from scgsfm.scoring.engine import check_positive, log_normalize

if TYPE_CHECKING:
    from scgsfm.scoring.engine import BlockReader


@dataclass(frozen=True)
class CellSignatures:
    """Gene sets of cells for a model: the highest genes of each cell, optionally weighted."""

    means: np.ndarray
    """Subtracted from the values of each gene. Negative differences are set to 0."""
    factors: np.ndarray
    """Factor of each gene for the differences, applied before the highest are selected."""
    counts: bool
    """Whether values are counts, which are scaled to 10,000 per cell and transformed by log(1 + x)."""
    n_genes: int
    """Maximum number of genes of a set."""
    soft: bool
    """Whether genes are weighted by their values."""

    @classmethod
    def survey(cls, rows: BlockReader, *, n_genes: int, specific: bool, soft: bool) -> CellSignatures:
        """Compute the statistics of all cells in one pass over the data.

        If ``specific``, ``means`` and ``factors`` are the mean and standard deviation of each gene over all cells, else
        0 and 1. Raises ValueError for negative values.
        """
        raw, normalized, counts = _Moments(rows.n_genes), _Moments(rows.n_genes), True
        for _, block in rows:
            check_positive(block)
            counts = counts and bool((block.data == np.floor(block.data)).all())
            if specific:
                values = block.data.astype(np.float64)
                raw.add(values, block.indices)
                if counts:
                    normalized.add(log_normalize(block), block.indices)
        if specific:
            means, factors = (normalized if counts else raw).finish(rows.n_cells)
        else:
            means, factors = np.zeros(rows.n_genes), np.ones(rows.n_genes)
        return cls(means, factors, counts, min(n_genes, rows.n_genes), soft)

    def gene_sets(self, block: csr_array) -> csr_array:
        """Gene sets of a block of cells (float32, cells × genes). Ties are resolved by the order of the genes."""
        from scgsfm.kernels import top_genes

        n_cells, n_genes = block.shape
        cell = np.repeat(np.arange(n_cells), np.diff(block.indptr))
        values = log_normalize(block) if self.counts else block.data.astype(np.float64)
        values = np.maximum(values - self.means[block.indices], 0) * self.factors[block.indices]
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


class _Moments:
    """Mean and standard deviation of each gene, bitwise independent of the block size."""

    def __init__(self, n_genes: int) -> None:
        self.sums, self.squares = np.zeros(n_genes), np.zeros(n_genes)

    def add(self, values: np.ndarray, genes: np.ndarray) -> None:
        """Add values one by one in the order of the cells, since the rounding of block sums depends on the blocks."""
        np.add.at(self.sums, genes, values)
        np.add.at(self.squares, genes, values**2)

    def finish(self, n_cells: int) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation. The latter is 0 for a gene with the same value in all cells."""
        means, squares = self.sums / max(n_cells, 1), self.squares / max(n_cells, 1)
        variances = squares - means**2
        return means, np.sqrt(np.where(variances > 1e-12 * squares, variances, 0))
