"""What of a gene set a network in training sees, and what it shall predict."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True)
def mask_sets(
    sets: np.ndarray,
    indptr: np.ndarray,
    indices: np.ndarray,
    rng: np.random.Generator,
    low: float,
    high: float,
    max_visible: int,
    max_targets: int,
    disjoint: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Shuffle each set; its first genes are visible, and all its genes or only the rest are targets.

    Parameters
    ----------
    sets
        Rows of the pattern to take.
    indptr, indices
        The genes of each set, as a CSR pattern.
    rng
        Where chance comes from.
    low, high
        The visible share is drawn evenly from this range; one gene at least is visible and, unless ``low`` is 1, one
        at least is not.
    max_visible, max_targets
        At most so many are kept of either.
    disjoint
        Whether visible genes are left out of the targets.

    Returns
    -------
    CSR patterns of the visible genes and of the targets: ``indptr``, ``indices``, ``indptr``, ``indices``.
    """
    total = 0
    for s in sets:
        total += indptr[s + 1] - indptr[s]
    visible, target = np.empty(total, np.int64), np.empty(total, np.int64)
    v_ptr, t_ptr = np.zeros(len(sets) + 1, np.int64), np.zeros(len(sets) + 1, np.int64)
    for i, s in enumerate(sets):
        genes = indices[indptr[s] : indptr[s + 1]].astype(np.int64)
        rng.shuffle(genes)
        n = len(genes)
        share = low + (high - low) * rng.random()
        n_visible = max(1, min(int(round(n * share)), n if low == 1 else n - 1))
        shown = min(n_visible, max_visible)
        n_target = min(n - n_visible if disjoint else n, max_targets)
        begin = n - n_target if disjoint else 0
        v_ptr[i + 1], t_ptr[i + 1] = v_ptr[i] + shown, t_ptr[i] + n_target
        visible[v_ptr[i] : v_ptr[i + 1]] = genes[:shown]
        target[t_ptr[i] : t_ptr[i + 1]] = genes[begin : begin + n_target]
    return v_ptr, visible[: v_ptr[-1]], t_ptr, target[: t_ptr[-1]]
