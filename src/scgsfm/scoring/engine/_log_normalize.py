"""Log-normalization of blocks of counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_array

TOTAL = 10_000
"""Target sum of the counts of a cell."""


def check_positive(block: csr_array) -> None:
    """Raise ValueError for negative values."""
    if (block.data < 0).any():
        msg = (
            "The matrix has negative values, as scaled data do, but expression can't be negative. "
            "Pass counts or log-normalized values: name a `layer`, or set `use_raw=True`."
        )
        raise ValueError(msg)


def log_normalized(block: csr_array) -> csr_array:
    """Return a block of cells with the values of :func:`log_normalize`."""
    from scipy.sparse import csr_array

    return csr_array((log_normalize(block), block.indices, block.indptr), shape=block.shape)


def log_normalize(block: csr_array) -> np.ndarray:
    """Return the values of a block of counts after scaling each cell to a sum of ``TOTAL``, and log(1 + x).

    The sum of a cell is that of all genes of the data where the block knows it (:class:`CountBlock`), since a cell's counts
    in a few selected genes say little about its depth.
    """
    n_cells = block.shape[0]
    cell = np.repeat(np.arange(n_cells), np.diff(block.indptr))
    values = block.data.astype(np.float64)
    given = getattr(block, "totals", None)
    total = np.bincount(cell, values, n_cells) if given is None else given
    if not np.isfinite(total).all():
        msg = (
            "The counts of some cells have no finite sum: genes that are not scored hold NaN or infinite values. "
            "Replace them (with 0: `np.nan_to_num`), remove these cells, or normalize the counts first."
        )
        raise ValueError(msg)
    normalized: np.ndarray = np.log1p(values * (TOTAL / np.where(total > 0, total, 1))[cell])
    return normalized
