from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def add_cooccurrence_residual(
    logits: NDArray[np.floating],
    indptr: NDArray[np.integer],
    indices: NDArray[np.integer],
    shares: NDArray[np.floating],
    start: NDArray[np.integer],
    neighbours: NDArray[np.integer],
    cosines: NDArray[np.floating],
    weight: float,
    floor: float,
    coherence: float,
    at_most: NDArray[np.floating],
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Logits ℓ of sets with what the neighbours of their genes say: ℓ + c · ``weight`` · sd(ℓ) · z.

    With s a gene's sum of ``shares · cosines`` over the set's genes, z is log(1 + s / ``floor``) standardised over the
    genes (0 if it is the same for all of them). c is the mean z of the set's own genes over ``coherence``, but at least
    0 and at most what ``at_most`` holds for the set (always that much if ``coherence`` is 0).

    Parameters
    ----------
    logits
        Sets × genes.
    indptr, indices, shares
        The genes of each set and their shares in it.
    start, neighbours, cosines
        Neighbours of each gene: the arrays of a CSR matrix, genes × genes.
    weight, floor, coherence, at_most
        As above.

    Returns
    -------
    The logits, sets × genes, and c of each set.
    """
    n_sets, n_genes = logits.shape
    out, heard = np.empty_like(logits), at_most.copy()
    level = np.zeros(n_genes)
    touched = np.empty(n_genes, np.int64)
    for row in range(n_sets):
        n_touched = 0
        for entry in range(indptr[row], indptr[row + 1]):
            gene = indices[entry]
            for k in range(start[gene], start[gene + 1]):
                said = shares[entry] * cosines[k]
                if said > 0:
                    other = neighbours[k]
                    if level[other] == 0:
                        touched[n_touched] = other
                        n_touched += 1
                    level[other] += said
        # genes that no neighbour names are at 0, so sums over the others are sums over all
        first, second = 0.0, 0.0
        for other in touched[:n_touched]:
            level[other] = np.log1p(level[other] / floor)
            first += level[other]
            second += level[other] ** 2
        variance = (second - first**2 / n_genes) / (n_genes - 1)
        if variance <= 0:
            heard[row] = 0
        elif coherence > 0:
            own = 0.0
            for entry in range(indptr[row], indptr[row + 1]):
                own += shares[entry] * (level[indices[entry]] - first / n_genes) / np.sqrt(variance)
            heard[row] = min(max(own / coherence, 0.0), at_most[row])
        scale = heard[row] * weight * _spread(logits[row]) / np.sqrt(variance) if variance > 0 else 0.0
        shift = scale * first / n_genes
        for gene in range(n_genes):
            out[row, gene] = logits[row, gene] - shift
        for other in touched[:n_touched]:
            out[row, other] = logits[row, other] + (scale * level[other] - shift)
            level[other] = 0
    return out, heard


@njit(cache=True, nogil=True, fastmath=True)
def _spread(values):
    """Standard deviation with n - 1."""
    mean = 0.0
    for value in values:
        mean += value
    mean /= len(values)
    square = 0.0
    for value in values:
        square += (value - mean) ** 2
    return np.sqrt(square / (len(values) - 1))
