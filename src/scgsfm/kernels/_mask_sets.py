"""Masks of gene sets for training a denoising network: the genes that it sees, and the genes that it predicts."""

from __future__ import annotations

import numpy as np

from ._njit import njit


@njit(cache=True)
def mask_sets(
    rows: np.ndarray,
    indptr: np.ndarray,
    indices: np.ndarray,
    rng: np.random.Generator,
    visible_range: tuple[float, float],
    max_visible: int,
    max_targets: int,
    disjoint: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Shuffle each set; its first genes are visible, and all its genes or only the rest are targets.

    Parameters
    ----------
    rows
        The sets to take, as rows of the pattern.
    indptr, indices
        The genes of each set, as a CSR pattern.
    rng
        Random number generator.
    visible_range
        Lower and upper limit of the visible fraction, which is drawn uniformly. At least one gene is visible. At least
        one is not, unless the lower limit is 1.
    max_visible, max_targets
        Maximum number of visible genes and of targets of a set.
    disjoint
        Whether to exclude visible genes from the targets.

    Returns
    -------
    CSR patterns of the visible genes and of the targets: ``indptr``, ``indices``, ``indptr``, ``indices``.
    """
    low, high = visible_range
    total = 0
    for s in rows:
        total += indptr[s + 1] - indptr[s]
    # allocated once for the largest possible result, so that no list has to grow
    visible, target = np.empty(total, np.int64), np.empty(total, np.int64)
    visible_indptr, target_indptr = np.zeros(len(rows) + 1, np.int64), np.zeros(len(rows) + 1, np.int64)
    for i, s in enumerate(rows):
        genes = indices[indptr[s] : indptr[s + 1]].astype(np.int64)
        rng.shuffle(genes)
        n = len(genes)
        fraction = low + (high - low) * rng.random()
        n_unmasked = max(1, min(round(n * fraction), n if low == 1 else n - 1))
        n_visible = min(n_unmasked, max_visible)
        n_target = min(n - n_unmasked if disjoint else n, max_targets)
        begin = n - n_target if disjoint else 0
        visible_indptr[i + 1], target_indptr[i + 1] = visible_indptr[i] + n_visible, target_indptr[i] + n_target
        visible[visible_indptr[i] : visible_indptr[i + 1]] = genes[:n_visible]
        target[target_indptr[i] : target_indptr[i + 1]] = genes[begin : begin + n_target]
    return visible_indptr, visible[: visible_indptr[-1]], target_indptr, target[: target_indptr[-1]]
