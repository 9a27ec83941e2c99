"""Moments of each gene over cells, accumulated block by block."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from ._reader import BlockReader


class GeneMoments:
    r"""Sums :math:`\sum_c x_{cg}` of each gene :math:`g` over cells, optionally by group and with squares.

    Values are added one by one in the order of the cells. The result is therefore the same to the last bit for all array
    types and block sizes; sums of blocks would round differently.

    Parameters
    ----------
    n_genes
        Number of genes.
    n_groups
        Number of groups of cells.
    squares
        Whether to sum squares, too.
    """

    def __init__(self, n_genes: int, *, n_groups: int = 1, squares: bool = False) -> None:
        self.n_genes = n_genes
        self.sums: NDArray[np.float64] = np.zeros((n_groups, n_genes))
        """Sums (groups × genes)."""
        self.squares: NDArray[np.float64] | None = np.zeros((n_groups, n_genes)) if squares else None
        """Sums of squares (groups × genes), if wanted."""
        self.n_nonzero: NDArray[np.int64] = np.zeros((n_groups, n_genes), np.int64)
        """Number of cells in which a gene is not zero (groups × genes)."""
        self.n_cells: NDArray[np.int64] = np.zeros(n_groups, np.int64)
        """Number of cells of each group."""

    def add(
        self, block: csr_array, *, values: NDArray[np.floating] | None = None, groups: NDArray[np.integer] | None = None
    ) -> None:
        """Add the next block of cells.

        Parameters
        ----------
        block
            Cells × genes.
        values
            Values to add instead of ``block.data``, such as those of :func:`log_normalize`.
        groups
            Group of each cell of the block; without it, all cells belong to group 0.
        """
        values = (block.data if values is None else values).astype(np.float64, copy=False)
        positions = block.indices
        if groups is None:
            self.n_cells[0] += block.shape[0]
        else:
            positions = np.repeat(groups, np.diff(block.indptr)).astype(np.int64) * self.n_genes + positions
            self.n_cells += np.bincount(groups, minlength=len(self.n_cells))
        np.add.at(self.n_nonzero.reshape(-1), positions[values != 0], 1)
        np.add.at(self.sums.reshape(-1), positions, values)
        if self.squares is not None:
            np.add.at(self.squares.reshape(-1), positions, values**2)

    def means(self) -> NDArray[np.float64]:
        """Return the mean of each gene in each group (groups × genes); 0 in groups without cells."""
        return self.sums / np.maximum(self.n_cells, 1)[:, None]

    def deviations(self, *, correction: int = 0) -> NDArray[np.float64]:
        """Return the standard deviation of each gene in each group (groups × genes).

        Parameters
        ----------
        correction
            1 for the standard deviation of a sample.
        """
        if self.squares is None:
            msg = "Standard deviations need sums of squares: create GeneMoments with `squares=True`."
            raise ValueError(msg)
        n = np.maximum(self.n_cells, 1)[:, None]
        scatter = np.maximum(self.squares - self.sums**2 / n, 0)
        variances: NDArray[np.float64] = scatter / np.maximum(n - correction, 1)
        return np.sqrt(variances)


def gene_means(rows: BlockReader) -> NDArray[np.float64]:
    """Compute the mean of each gene over all cells, in a pass over the data."""
    moments = GeneMoments(rows.n_genes)
    for _, block in rows:
        moments.add(block)
    (means,) = moments.means()
    return np.asarray(means)
