"""Baselines that complete gene sets from the same corpus: popularity, co-occurrence, truncated SVD."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import numba
import numpy as np
from scipy.sparse import csr_array

from scgsfm.kernels import transpose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scgsfm.models.gsfm.training._corpus import Corpus

Score: TypeAlias = Callable[[csr_array], np.ndarray]
"""Queries (sets × genes, ones) to scores of all genes (sets × genes)."""


def corpus_matrix(corpus: Corpus, genes: Sequence[str]) -> csr_array:
    """Sets of a corpus over ``genes``: ones, float32, with sorted rows; other genes of the corpus are ignored."""
    place = {gene: i for i, gene in enumerate(genes)}
    column = np.array([place.get(gene, -1) for gene in corpus.genes], np.int32)
    columns = column[corpus.indices]
    kept = columns >= 0
    before = np.concatenate([[0], np.cumsum(kept)])
    columns = columns[kept]
    shape = (len(corpus), len(genes))
    sets = csr_array((np.ones(len(columns), np.float32), columns, before[corpus.indptr]), shape=shape)
    sets.sort_indices()
    return sets


def tempered_weights(group: np.ndarray, temper: float = 0.5) -> np.ndarray:
    """Sampling weight of each set if groups are sampled by their size to the power ``temper``; mean 1."""
    weight = np.bincount(group)[group] ** (temper - 1.0)
    return weight / weight.mean()


def popularity(sets: csr_array) -> Score:
    """Number of sets that contain the gene, independent of the query."""
    count = np.bincount(sets.indices, minlength=sets.shape[1]).astype(np.float32)
    return lambda queries: np.broadcast_to(count, queries.shape)


def cooccurrence(sets: csr_array, weight: np.ndarray, *, max_genes: int = 500) -> Score:
    """Mean cosine of the co-occurrence of a gene with the genes of the query.

    A set of n genes has weight ``weight / n``; sets of more than ``max_genes`` genes are ignored.
    """
    size = np.diff(sets.indptr)
    used = np.where((size > 0) & (size <= max_genes), weight / np.maximum(size, 1), 0)
    start, holders, entries = transpose(sets.indptr, sets.indices, sets.shape[1])
    together = _together(sets.indptr, sets.indices, start, holders, entries, used.astype(np.float32))
    _to_cosine(together)

    def score(queries: csr_array) -> np.ndarray:
        return queries @ together / np.maximum(np.diff(queries.indptr), 1)[:, None].astype(np.float32)

    return score


@numba.njit(parallel=True, cache=True)
def _together(
    indptr: np.ndarray, indices: np.ndarray, start: np.ndarray, holders: np.ndarray, entries: np.ndarray, w: np.ndarray
) -> np.ndarray:
    """``out[i, j] = Σ w`` over the sets that contain both genes; each pair is summed once, as rows are sorted."""
    n_genes = len(start) - 1
    out = np.zeros((n_genes, n_genes), np.float32)
    for turn in numba.prange(n_genes):  # from both ends: the first rows are the longest
        gene = n_genes - 1 - turn // 2 if turn % 2 else turn // 2
        row = out[gene]
        for k in range(start[gene], start[gene + 1]):
            weight = w[holders[k]]
            if weight > 0:
                for other in range(entries[k], indptr[holders[k] + 1]):
                    row[indices[other]] += weight
    for gene in numba.prange(n_genes):
        for other in range(gene):
            out[gene, other] = out[other, gene]
    return out


@numba.njit(parallel=True, cache=True)
def _to_cosine(together: np.ndarray) -> None:
    norm = np.sqrt(np.maximum(np.diag(together), np.float32(1e-12)))
    for gene in numba.prange(len(together)):
        together[gene] /= norm[gene] * norm


def truncated_svd(sets: csr_array, weight: np.ndarray, *, rank: int = 128, seed: int = 0) -> Score:
    """Project a query onto the leading right singular vectors of the sets, weighted by their singular values."""
    vectors, values = singular_vectors(sets, weight, rank=rank, seed=seed)
    return lambda queries: (queries @ (values[:, None] * vectors).T) @ vectors


def singular_vectors(
    sets: csr_array, weight: np.ndarray, *, rank: int = 128, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Leading right singular vectors of the sets (rank × genes) and their singular values.

    A set of n genes has the entries ``sqrt(weight / n)``, and the column of each gene is scaled to unit length, so that
    popular genes do not dominate the leading vectors.
    """
    from sklearn.decomposition import TruncatedSVD

    size = np.diff(sets.indptr)
    entries = np.repeat(np.sqrt(weight / np.maximum(size, 1)), size)
    length = np.sqrt(np.bincount(sets.indices, entries**2, sets.shape[1]))
    scaled = (entries / length[sets.indices]).astype(np.float32)
    svd = TruncatedSVD(rank, n_iter=4, random_state=seed).fit(
        csr_array((scaled, sets.indices, sets.indptr), sets.shape)
    )
    return svd.components_.astype(np.float32), svd.singular_values_.astype(np.float32)
