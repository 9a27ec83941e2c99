"""Co-occurrence of genes in sets: the neighbors of each gene, and the term that they add to the logits of sets."""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from ._njit import njit


class SetShares(NamedTuple):
    """Genes of each set and their shares in it: the arrays of a CSR matrix, sets × genes."""

    indptr: np.ndarray
    genes: np.ndarray
    shares: np.ndarray


class NeighborGraph(NamedTuple):
    """Neighbors of each gene and their cosines: the arrays of a CSR matrix, genes × genes."""

    indptr: np.ndarray
    neighbors: np.ndarray
    cosines: np.ndarray


@njit(parallel=True, cache=True)
def cooccurrence_knn(
    indptr: np.ndarray,
    indices: np.ndarray,
    set_indptr: np.ndarray,
    sets: np.ndarray,
    weight: np.ndarray,
    k: int,
) -> tuple[np.ndarray, np.ndarray]:
    r"""Find the ``k`` genes of highest cosine co-occurrence with each gene.

    With :math:`C_{ij} = \sum_s w_s` over the sets :math:`s` that hold both genes, the cosine is
    :math:`C_{ij} / \sqrt{C_{ii} C_{jj}}`.

    Parameters
    ----------
    indptr, indices
        The genes of each set.
    set_indptr, sets
        The sets of each gene: the transpose of the former.
    weight
        Weight :math:`w_s` of each set.
    k
        Number of neighbors.

    Returns
    -------
    Neighbors and their cosines, genes × k, unordered; 0 where a gene has fewer neighbors.
    """
    n_genes = len(set_indptr) - 1
    total = np.zeros(n_genes)
    for gene in range(n_genes):
        for entry in range(set_indptr[gene], set_indptr[gene + 1]):
            total[gene] += weight[sets[entry]]
    neighbors = np.zeros((n_genes, k), np.int32)
    cosines = np.zeros((n_genes, k), np.float32)
    # One row of C at a time and in parallel: the whole matrix, genes × genes, would not fit in memory.
    for gene in numba.prange(n_genes):
        if total[gene] == 0:
            continue
        cosine = np.zeros(n_genes)
        for entry in range(set_indptr[gene], set_indptr[gene + 1]):
            s = sets[entry]
            if weight[s] > 0:
                for member in range(indptr[s], indptr[s + 1]):
                    cosine[indices[member]] += weight[s]
        for partner in range(n_genes):
            if cosine[partner] > 0:
                cosine[partner] /= np.sqrt(total[gene] * total[partner])
        cosine[gene] = 0
        _keep_strongest(cosine, neighbors[gene], cosines[gene])
    return neighbors, cosines


@njit(cache=True)
def _keep_strongest(cosine: np.ndarray, neighbors: np.ndarray, cosines: np.ndarray) -> None:
    """Write the genes of the highest positive cosines and these.

    A partition finds the k-th value in linear time, which a sort of each row would not.
    """
    n_genes, k, slot = len(cosine), len(neighbors), 0
    kth = np.partition(cosine, n_genes - k)[n_genes - k]
    for above in (True, False):  # first the genes above the k-th value, then ties with it
        for partner in range(n_genes):
            value = cosine[partner]
            if slot < k and value > 0 and (value > kth if above else value == kth):
                neighbors[slot], cosines[slot] = partner, value
                slot += 1


@njit(cache=True, nogil=True)
def add_cooccurrence_residual(
    logits: np.ndarray,
    sets: SetShares,
    graph: NeighborGraph,
    weight: float,
    floor: float,
    coherence: float,
    max_gate: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    r"""Add the co-occurrence term to the logits of sets: :math:`\ell + c \cdot w \cdot \mathrm{sd}(\ell) \cdot z`.

    With :math:`a_g` the sum of shares times cosines over the genes of the set that have :math:`g` as neighbor,
    :math:`z` is :math:`\log(1 + a / f)` standardized over all genes (0 if it is constant). The gate :math:`c` is the
    mean :math:`z` of the set's genes, divided by ``coherence`` and clipped to the range from 0 to ``max_gate``. If
    ``coherence`` is 0, it is ``max_gate``.

    Parameters
    ----------
    logits
        Logits :math:`\ell`, sets × genes.
    sets
        The genes of each set.
    graph
        The neighbors of each gene.
    weight, floor
        :math:`w` and :math:`f`.
    coherence
        Mean :math:`z` of a set at which its gate is 1.
    max_gate
        Upper limit of the gate for each set.

    Returns
    -------
    The new logits, and the gate of each set.
    """
    n_sets, n_genes = logits.shape
    indptr, genes, shares = sets
    out, gate = np.empty_like(logits), max_gate.copy()
    activation = np.zeros(n_genes)
    touched = np.empty(n_genes, np.int64)
    for row in range(n_sets):
        n_touched = _activate(
            genes[indptr[row] : indptr[row + 1]], shares[indptr[row] : indptr[row + 1]], graph, activation, touched
        )
        # genes that are nobody's neighbor stay at log(1) = 0, so that sums over the touched genes are sums over all
        total, squares = 0.0, 0.0
        for gene in touched[:n_touched]:
            activation[gene] = np.log1p(activation[gene] / floor)
            total += activation[gene]
            squares += activation[gene] ** 2
        variance = (squares - total**2 / n_genes) / (n_genes - 1)
        if variance <= 0:
            gate[row] = 0
        elif coherence > 0:
            mean_z = 0.0
            for entry in range(indptr[row], indptr[row + 1]):
                mean_z += shares[entry] * (activation[genes[entry]] - total / n_genes) / np.sqrt(variance)
            gate[row] = min(max(mean_z / coherence, 0.0), max_gate[row])
        scale = gate[row] * weight * _standard_deviation(logits[row]) / np.sqrt(variance) if variance > 0 else 0.0
        shift = scale * total / n_genes
        # z of a gene that is not touched is the same for all, so only the touched ones need more than one subtraction
        for gene in range(n_genes):
            out[row, gene] = logits[row, gene] - shift
        for gene in touched[:n_touched]:
            out[row, gene] = logits[row, gene] + (scale * activation[gene] - shift)
            activation[gene] = 0
    return out, gate


@njit(cache=True, nogil=True)
def _activate(
    genes: np.ndarray, shares: np.ndarray, graph: NeighborGraph, activation: np.ndarray, touched: np.ndarray
) -> int:
    """Add shares times cosines to the neighbors of a set's genes; list these in ``touched`` and return their number."""
    indptr, neighbors, cosines = graph
    n_touched = 0
    for i in range(len(genes)):
        for k in range(indptr[genes[i]], indptr[genes[i] + 1]):
            contribution = shares[i] * cosines[k]
            if contribution > 0:
                neighbor = neighbors[k]
                if activation[neighbor] == 0:
                    touched[n_touched] = neighbor
                    n_touched += 1
                activation[neighbor] += contribution
    return n_touched


@njit(cache=True, nogil=True, fastmath=True)
def _standard_deviation(values: np.ndarray) -> float:
    """Compute the sample standard deviation. ``fastmath`` lets the compiler reorder, and so vectorize, the sums."""
    mean = 0.0
    for value in values:
        mean += value
    mean /= len(values)
    squares = 0.0
    for value in values:
        squares += (value - mean) ** 2
    return float(np.sqrt(squares / (len(values) - 1)))
