"""Products of matrices that add in a fixed order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._njit import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def ordered_product(left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """Multiply two matrices, adding the products of each element in the order of the inner index.

    BLAS adds in an order that depends on the number of rows, so that a cell would not have the same bits in blocks of
    another size.
    """
    out = np.zeros((left.shape[0], right.shape[1]))
    for row in range(left.shape[0]):
        for inner in range(left.shape[1]):
            factor = left[row, inner]
            for column in range(right.shape[1]):
                out[row, column] += factor * right[inner, column]
    return out


@njit(cache=True, nogil=True)
def row_products(left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum the products of the elements of each row of two matrices of the same shape, in their order."""
    out = np.zeros(len(left))
    for row in range(len(left)):
        for column in range(left.shape[1]):
            out[row] += left[row, column] * right[row, column]
    return out
