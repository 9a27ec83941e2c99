"""AUROC (the Mann-Whitney statistic) of held-out genes among all genes outside their set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._njit import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def auroc(
    scores: NDArray[np.floating],
    held_indptr: NDArray[np.integer],
    held: NDArray[np.integer],
    set_of_row: NDArray[np.integer],
    member_indptr: NDArray[np.integer],
    members: NDArray[np.integer],
    universe: NDArray[np.integer],
) -> NDArray[np.float64]:
    r"""Compute for each held-out gene the fraction of negatives that it outscores, ties counting one half.

    For a held-out gene :math:`h` and the genes :math:`N` of the universe outside its set, the fraction is
    :math:`\frac{1}{|N|} \sum_{g \in N} [s_h > s_g] + \frac12 [s_h = s_g]`. Its mean over the held-out genes is the
    AUROC.

    Parameters
    ----------
    scores
        Rows × genes.
    held_indptr, held
        The held-out genes of each row, as a CSR pattern.
    set_of_row
        The set of each row. Its genes are not negatives.
    member_indptr, members
        The genes of each set, as a CSR pattern.
    universe
        The genes that can be negatives.

    Returns
    -------
    The fraction for each entry of ``held``; NaN where there are no negatives.
    """
    out = np.full(len(held), np.nan)
    is_member = np.zeros(scores.shape[1], np.bool_)
    for row in range(len(scores)):
        set_genes = members[member_indptr[set_of_row[row]] : member_indptr[set_of_row[row] + 1]]
        is_member[set_genes] = True
        genes = held[held_indptr[row] : held_indptr[row + 1]]
        order = np.argsort(scores[row][genes])
        ascending = scores[row][genes][order]
        # Few genes are held out and many are negatives. So the few are sorted, and each negative is looked up among
        # them; sorting a whole row, as the textbook does, would cost far more.
        counts = np.zeros(len(ascending) + 1)
        for gene in universe:
            if not is_member[gene]:
                value = scores[row, gene]
                counts[np.searchsorted(ascending, value)] += 1
                counts[np.searchsorted(ascending, value, side="right")] += 1
        total, below = counts.sum(), 0.0  # each negative counts twice, once on either side of its ties
        for i in range(len(ascending)):
            below += counts[i]
            if total > 0:
                out[held_indptr[row] + order[i]] = below / total
        is_member[set_genes] = False
    return out
