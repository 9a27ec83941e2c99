"""Weighted connectivity of signed signatures with signed profiles: two running sums, updated at each hit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._njit import njit
from ._prerank import tie_bounds

if TYPE_CHECKING:
    from numpy.typing import NDArray


def connectivity(
    profile: NDArray[np.float64],
    indptr: NDArray[np.integer],
    indices: NDArray[np.integer],
    weights: NDArray[np.float64],
) -> NDArray[np.float64]:
    r"""Compute the weighted connectivity of signatures with a profile.

    For the :math:`N` genes of the profile :math:`q` in descending order and the genes :math:`S` of one side of a signature
    with weights :math:`s`, the enrichment score is the largest deviation from 0 of

    .. math::

        \frac{\sum_{g \in S, r(g) \le k} |q_g s_g|}{\sum_{g \in S} |q_g s_g|} - \frac{|\{g \notin S, r(g) \le k\}|}{N - |S|}

    over the ends :math:`k` of groups of tied values. With the scores of the genes that rise and of those that fall,
    connectivity is :math:`(ES_\uparrow - ES_\downarrow) / 2` if their signs differ, and 0 otherwise (Subramanian et al., 2017).
    For a signature that has only one side, it is :math:`ES_\uparrow` or :math:`-ES_\downarrow`. A side of which no gene has
    a value other than 0 has the score 0.

    Parameters
    ----------
    profile
        Values of all genes.
    indptr, indices, weights
        Signatures × genes in CSR format; positive weights for genes that rise, negative ones for genes that fall.

    Returns
    -------
    Connectivity of each signature, between -1 and 1.
    """
    order = np.argsort(-profile, kind="stable")
    starts, ends = tie_bounds(profile[order])
    positions = np.empty(len(order), np.int64)
    positions[order] = np.arange(len(order))
    return _connectivity(np.abs(profile[order]), starts, ends, positions, indptr, indices, weights)


@njit(cache=True, nogil=True)
def _connectivity(
    sizes: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
    positions: np.ndarray,
    indptr: np.ndarray,
    indices: np.ndarray,
    weights: np.ndarray,
) -> np.ndarray:
    """Walk both sides of each signature in the order of the profile."""
    n_signatures = len(indptr) - 1
    out = np.zeros(n_signatures)
    for i in range(n_signatures):
        at, own = positions[indices[indptr[i] : indptr[i + 1]]], weights[indptr[i] : indptr[i + 1]]
        order = np.argsort(at)
        at, own = at[order], own[order]
        up = _side(at[own > 0], own[own > 0], sizes, starts, ends)
        down = _side(at[own < 0], own[own < 0], sizes, starts, ends)
        n_up = np.sum(own > 0)
        if n_up == 0:
            out[i] = -down
        elif n_up == len(own):
            out[i] = up
        elif up * down < 0:
            out[i] = (up - down) / 2
    return out


@njit(cache=True, nogil=True)
def _side(at: np.ndarray, own: np.ndarray, sizes: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> float:
    """Enrichment score of the hits ``at``, in ascending order."""
    total = 0.0
    for j in range(len(at)):
        total += sizes[at[j]] * abs(own[j])
    n_rest = len(sizes) - len(at)
    if total == 0 or n_rest == 0:
        return 0.0
    gained, lowest, highest = 0.0, 0.0, 0.0
    for j in range(len(at)):  # between hits the sum only falls, so the extremes are just before and just after one
        if j == 0 or starts[at[j - 1]] != starts[at[j]]:
            lowest = min(lowest, gained / total - (starts[at[j]] - j) / n_rest)
        gained += sizes[at[j]] * abs(own[j])
        if j + 1 == len(at) or starts[at[j + 1]] != starts[at[j]]:
            highest = max(highest, gained / total - (ends[at[j]] - j - 1) / n_rest)
    return highest if highest > -lowest else lowest
