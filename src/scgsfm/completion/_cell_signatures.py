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
    """Turns cells into gene sets for a model: the highest genes of each cell, perhaps with weights."""

    means: np.ndarray
    """What is subtracted from the values of each gene; what is then below 0 counts as 0."""
    factors: np.ndarray
    """What the differences are multiplied by before the highest are taken."""
    counts: bool
    """Whether values are counts, to be scaled to a sum of 10,000 in each cell and transformed by log(1 + x)."""
    n_genes: int
    """Genes of a set, at most."""
    soft: bool
    """Whether genes have their values as weights."""

    @classmethod
    def survey(cls, rows: BlockReader, *, n_genes: int, specific: bool, soft: bool) -> CellSignatures:
        """Walk the data once for what is to be known of all cells.

        With ``specific``, a gene's mean and standard deviation over all cells are its mean and factor, else 0 and 1.
        Raises ValueError for negative values.
        """
        as_is, normalised, counts = _Moments(rows.n_genes), _Moments(rows.n_genes), True
        for _, block in rows:
            check_positive(block)
            counts = counts and bool((block.data == np.floor(block.data)).all())
            if specific:
                values = block.data.astype(np.float64)
                as_is.add(values, block.indices)
                if counts:
                    normalised.add(log_normalize(block), block.indices)
        if specific:
            means, factors = (normalised if counts else as_is).finish(rows.n_cells)
        else:
            means, factors = np.zeros(rows.n_genes), np.ones(rows.n_genes)
        return cls(means, factors, counts, min(n_genes, rows.n_genes), soft)

    def of(self, block: csr_array) -> csr_array:
        """The sets of a block of cells: float32, cells × genes. Of genes with the same value the first are taken."""
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
    """Mean and standard deviation of each gene, the same to the last bit whatever the blocks."""

    def __init__(self, n_genes: int) -> None:
        self.sums, self.squares = np.zeros(n_genes), np.zeros(n_genes)

    def add(self, values: np.ndarray, genes: np.ndarray) -> None:
        """Add values one by one in the order of the cells, as sums of blocks would round otherwise."""
        np.add.at(self.sums, genes, values)
        np.add.at(self.squares, genes, values**2)

    def finish(self, n_cells: int) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation; 0 for a gene with the same value in all cells."""
        means, squares = self.sums / max(n_cells, 1), self.squares / max(n_cells, 1)
        variances = squares - means**2
        return means, np.sqrt(np.where(variances > 1e-12 * squares, variances, 0))
