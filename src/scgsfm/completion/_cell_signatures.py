from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from scgsfm.scoring.engine import GeneMoments, check_positive, log_normalize

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
    """Whether values are counts or normalized, which are scaled to 10,000 per cell and transformed by log(1 + x)."""
    n_genes: int
    """Maximum number of genes of a set."""
    soft: bool
    """Whether genes are weighted by their values."""
    order: np.ndarray
    """Genes in the order that breaks ties."""

    @classmethod
    def survey(
        cls,
        rows: BlockReader,
        *,
        n_genes: int,
        specific: bool,
        soft: bool,
        counts: bool,
        order: np.ndarray | None = None,
    ) -> CellSignatures:
        """Compute the statistics of all cells in one pass over the data.

        If ``specific``, ``means`` and ``factors`` are the mean and standard deviation of each gene over all cells, else
        0 and 1. Ties are in the order of the columns if ``order`` is not given. Raises ValueError for negative values.
        """
        moments = GeneMoments(rows.n_genes, squares=True)
        for _, block in rows:
            check_positive(block)
            if specific:
                moments.add(block, values=log_normalize(block) if counts else None)
        if specific:
            means, factors = _means_and_deviations(moments)
        else:
            means, factors = np.zeros(rows.n_genes), np.ones(rows.n_genes)
        order = np.arange(rows.n_genes) if order is None else order
        return cls(means, factors, counts, min(n_genes, rows.n_genes), soft, order)

    def gene_sets(self, block: csr_array) -> csr_array:
        """Gene sets of a block of cells (float32, cells × genes)."""
        from scgsfm.kernels import rank_cells, top_ranked

        n_cells, n_genes = block.shape
        cell = np.repeat(np.arange(n_cells), np.diff(block.indptr))
        values = log_normalize(block) if self.counts else block.data.astype(np.float64)
        values = np.maximum(values - self.means[block.indices], 0) * self.factors[block.indices]
        chosen = np.zeros((n_cells, n_genes), bool)
        ranks = rank_cells(values, block.indptr, n_genes)
        top = top_ranked(ranks, block.indices, block.indptr, n_genes, self.n_genes, order=self.order)
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


def _means_and_deviations(moments: GeneMoments) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each gene. The latter is exactly 0 for a gene with the same value in all cells."""
    n_cells = max(int(moments.n_cells[0]), 1)
    means, squares = moments.sums[0] / n_cells, np.asarray(moments.squares)[0] / n_cells
    variances = squares - means**2
    return means, np.sqrt(np.where(variances > 1e-12 * squares, variances, 0))
