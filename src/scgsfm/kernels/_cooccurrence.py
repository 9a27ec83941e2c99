"""Which genes stand together in sets: the strongest neighbours of each gene."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(parallel=True, cache=True)
def cooccurrence_knn(
    indptr: np.ndarray,
    indices: np.ndarray,
    start: np.ndarray,
    sets: np.ndarray,
    weight: np.ndarray,
    k: int,
) -> tuple[np.ndarray, np.ndarray]:
    """The ``k`` genes of highest cosine co-occurrence with each gene.

    Parameters
    ----------
    indptr, indices
        The genes of each set.
    start, sets
        The sets of each gene: the transpose of the former.
    weight
        Of each set; with a set's weight w, ``C[i, j] = Σ w`` over the sets that hold both i and j.
    k
        How many neighbours.

    Returns
    -------
    Neighbours and their cosines ``C[i, j] / sqrt(C[i, i] C[j, j])``, genes × k, 0 where a gene has fewer; unordered.
    """
    n_genes = len(start) - 1
    total = np.zeros(n_genes)
    for gene in range(n_genes):
        for entry in range(start[gene], start[gene + 1]):
            total[gene] += weight[sets[entry]]
    found = np.zeros((n_genes, k), np.int32)
    cosine = np.zeros((n_genes, k), np.float32)
    for gene in numba.prange(n_genes):
        if total[gene] == 0:
            continue
        together = np.zeros(n_genes)
        for entry in range(start[gene], start[gene + 1]):
            s = sets[entry]
            if weight[s] > 0:
                for other in range(indptr[s], indptr[s + 1]):
                    together[indices[other]] += weight[s]
        for other in range(n_genes):
            if together[other] > 0:
                together[other] /= np.sqrt(total[gene] * total[other])
        together[gene] = 0
        least = np.partition(together, n_genes - k)[n_genes - k]
        slot = 0
        for above in (True, False):  # first what exceeds the k-th value, then ties with it
            for other in range(n_genes):
                value = together[other]
                if slot < k and value > 0 and (value > least if above else value == least):
                    found[gene, slot], cosine[gene, slot] = other, value
                    slot += 1
    return found, cosine
