from __future__ import annotations

from typing import TYPE_CHECKING

from numba import njit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def keep_top_k(
    scores: NDArray[np.floating],
    values: NDArray[np.floating],
    first: int,
    best: NDArray[np.floating],
    rows: NDArray[np.integer],
    kept: NDArray[np.floating],
) -> None:
    """Keep the highest scores of each column, of all blocks of rows that have come so far.

    What is kept changes in place. Of equal scores that of the earlier row is kept; NaN and -inf never are.

    Parameters
    ----------
    scores
        A block, rows × columns.
    values
        What else to keep of each score, rows × columns × kinds.
    first
        Number of the block's first row, above those of all rows before.
    best
        The highest scores as a heap (columns × n); -inf before the first block.
    rows, kept
        Their rows (columns × n) and values (columns × n × kinds).
    """
    for i in range(scores.shape[0]):
        for column in range(scores.shape[1]):
            if scores[i, column] > best[column, 0]:
                _replace_last(best[column], rows[column], kept[column], scores[i, column], first + i, values[i, column])


@njit(cache=True, nogil=True)
def _replace_last(best, rows, kept, score, row, value) -> None:
    """Put a score in the place of the root: the lowest, of equal ones that of the latest row."""
    place, n = 0, len(best)
    while 2 * place + 1 < n:
        child = 2 * place + 1
        if child + 1 < n and _behind(best, rows, child + 1, best[child], rows[child]):
            child += 1
        if not _behind(best, rows, child, score, row):
            break
        best[place], rows[place], kept[place] = best[child], rows[child], kept[child]
        place = child
    best[place], rows[place], kept[place] = score, row, value


@njit(cache=True, nogil=True)
def _behind(best, rows, place, score, row):
    return best[place] < score or (best[place] == score and rows[place] > row)
