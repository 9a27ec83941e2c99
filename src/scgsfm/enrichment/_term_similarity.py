from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from scgsfm._messages import check_choice
from scgsfm.completion import known_genes

if TYPE_CHECKING:
    from collections.abc import Callable

    from scgsfm.completion import GeneSetEncoder
    from scgsfm.genesets import GeneSets

Similarity: TypeAlias = Literal["model", "jaccard", "overlap"]

MIN_SIMILARITY = {"model": 0.4, "jaccard": 0.25, "overlap": 0.5}
"""Mean similarity above which clusters of terms are joined, by measure. With a lower one than that of the model, fewer scores
of a cluster have the same sign (``benchmarks/term_clusters.py``); those of the overlap are usual in enrichment maps."""


def term_similarity(sets: GeneSets, by: str, load_model: Callable[[], GeneSetEncoder]) -> np.ndarray:
    """Similarity of the genes of terms.

    Parameters
    ----------
    sets
        The genes of the terms.
    by
        ``"model"`` is the cosine of the vectors of the model's encoder, ``"jaccard"`` the number of shared genes divided by
        that of the union, and ``"overlap"`` divided by that of the smaller term.
    load_model
        Returns the model; called for ``"model"`` only.

    Returns
    -------
    float32, terms × terms, symmetric, with ones on the diagonal. Terms without a gene of the model are similar to none.
    """
    check_choice("by", by, tuple(MIN_SIMILARITY))
    similarity = _cosines(sets, load_model()) if by == "model" else _overlaps(sets, by)
    symmetric: np.ndarray = ((similarity + similarity.T) / 2).clip(-1, 1).astype(np.float32)
    np.fill_diagonal(symmetric, 1)
    return symmetric


def _cosines(sets: GeneSets, model: GeneSetEncoder) -> np.ndarray:
    listed = known_genes(sets, model, done="compared")
    vectors = np.asarray(model.encode(listed), dtype=np.float64)
    vectors[np.diff(listed.indptr) == 0] = 0
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.finfo(np.float64).tiny)
    cosines: np.ndarray = vectors @ vectors.T
    return cosines


def _overlaps(sets: GeneSets, by: str) -> np.ndarray:
    genes = (sets.membership(sets.genes) != 0).astype(np.float64)
    shared = (genes @ genes.T).toarray()
    sizes = shared.diagonal()
    pairs = np.minimum.outer(sizes, sizes) if by == "overlap" else np.add.outer(sizes, sizes) - shared
    similarity: np.ndarray = shared / np.maximum(pairs, 1)
    return similarity
