"""Mean and standard deviation of each cell over its genes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._njit import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def moments(
    data: NDArray[np.float64], indptr: NDArray[np.integer], n_genes: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compute the mean and the sample standard deviation of each cell over all genes, zeros included.

    Parameters
    ----------
    data, indptr
        Values of a CSR matrix of cells.
    n_genes
        Number of genes, including those that the matrix does not store.

    Returns
    -------
    Means and standard deviations (with ``n_genes - 1``).
    """
    # Two passes: fast_array_utils.stats.mean_var subtracts the squared mean from the mean square, which cancels where
    # the values of a cell are nearly equal, and it holds the GIL, on which the threads of the engine would wait.
    n_cells = len(indptr) - 1
    means, stds = np.empty(n_cells), np.empty(n_cells)
    for cell in range(n_cells):
        row = data[indptr[cell] : indptr[cell + 1]]
        total = 0.0
        for value in row:
            total += value
        mean = total / n_genes
        squares = (n_genes - len(row)) * mean**2  # the genes that are not stored
        for value in row:
            squares += (value - mean) ** 2
        means[cell] = mean
        stds[cell] = np.sqrt(squares / (n_genes - 1)) if n_genes > 1 else np.nan
    return means, stds
