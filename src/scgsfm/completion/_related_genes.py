from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from scgsfm._messages import check_choice
from scgsfm._vocabulary import N_SPECIALS

from ._complete import predictions, zscores

if TYPE_CHECKING:
    from ._embed_cells import GeneSetEncoder

Relation: TypeAlias = Literal["vectors", "completion"]
RELATIONS = ("vectors", "completion")
GENES_AT_A_TIME = 256
DTYPES = {"gene": str, "related": str, "similarity": np.float64, "rank": np.int64}


class GeneRelations:
    """Similarity of genes by a gene-set model.

    Parameters
    ----------
    model
        The model.
    by
        ``"vectors"`` is the cosine of the vectors of genes, and ``"completion"`` the z-score of a gene in the completion of
        the set that consists of the other gene alone.
    """

    def __init__(self, model: GeneSetEncoder, by: str) -> None:
        check_choice("by", by, RELATIONS)
        self._model, self._by = model, by
        self._vectors: np.ndarray | None = None
        if by == "vectors":
            vectors = np.asarray(model.gene_embeddings("combined"), dtype=np.float32)
            self._vectors = vectors / np.maximum(
                np.linalg.norm(vectors, axis=1, keepdims=True), np.finfo(np.float32).tiny
            )

    def of_genes(self, tokens: np.ndarray) -> np.ndarray:
        """Similarity of genes to all genes of the vocabulary (genes × vocabulary); the special tokens are -inf."""
        vectors = self._vectors
        found: np.ndarray = self._completions(tokens) if vectors is None else vectors[tokens] @ vectors.T
        found[:, :N_SPECIALS] = -np.inf
        return found

    def of_pairs(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Similarity of pairs of genes; for completions, the mean of both directions."""
        if self._vectors is not None:
            similarity: np.ndarray = np.einsum("ij,ij->i", self._vectors[first], self._vectors[second])
            return similarity.astype(np.float64)
        mean: np.ndarray = (self._one_way(first, second) + self._one_way(second, first)) / 2
        return mean

    def _one_way(self, query: np.ndarray, target: np.ndarray) -> np.ndarray:
        unique, inverse = np.unique(query, return_inverse=True)
        found = np.empty(len(query), dtype=np.float64)
        for start in range(0, len(unique), GENES_AT_A_TIME):
            block = self._completions(unique[start : start + GENES_AT_A_TIME])
            pairs = np.flatnonzero((inverse >= start) & (inverse < start + len(block)))
            found[pairs] = block[inverse[pairs] - start, target[pairs]]
        return found

    def _completions(self, tokens: np.ndarray) -> np.ndarray:
        """Standardized completions of single genes (genes × vocabulary)."""
        ones, rows = np.ones(len(tokens), np.float32), np.arange(len(tokens) + 1)
        singles = csr_array((ones, tokens, rows), shape=(len(tokens), len(self._model.genes)))
        parts = [zscores(corrected) for _, _, corrected in predictions(singles, self._model)]
        return np.concatenate(parts)


def related_genes_table(
    names: np.ndarray,
    tokens: np.ndarray,
    relations: GeneRelations,
    vocabulary: np.ndarray,
    *,
    n_genes: int,
    candidates: np.ndarray | None = None,
) -> pd.DataFrame:
    """The most similar genes of each gene.

    Parameters
    ----------
    names, tokens
        Genes, and their tokens.
    relations
        The similarities.
    vocabulary
        Names of the vocabulary's genes to report, by token.
    n_genes
        Number of genes to list for each.
    candidates
        Tokens of the genes that can be listed. By default, all.
    """
    allowed = np.zeros(len(vocabulary), bool)
    allowed[slice(N_SPECIALS, None) if candidates is None else candidates] = True
    parts = [pd.DataFrame({"gene": [], "related": [], "similarity": [], "rank": []}).astype(DTYPES)]
    for start in range(0, len(tokens), GENES_AT_A_TIME):
        block = tokens[start : start + GENES_AT_A_TIME]
        similarity = np.where(allowed, relations.of_genes(block), -np.inf)
        similarity[np.arange(len(block)), block] = -np.inf
        best = np.argsort(-similarity, axis=1, kind="stable")[:, :n_genes]
        values = np.take_along_axis(similarity, best, axis=1)
        kept = np.isfinite(values)
        rank = np.broadcast_to(np.arange(1, best.shape[1] + 1), best.shape)
        columns = {
            "gene": np.repeat(names[start : start + len(block)], kept.sum(axis=1)),
            "related": vocabulary[best[kept]],
            "similarity": values[kept].astype(np.float64),
            "rank": rank[kept].astype(np.int64),
        }
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts if len(parts) == 1 else parts[1:], ignore_index=True)


def gene_pairs_table(pairs: pd.DataFrame, tokens: np.ndarray, relations: GeneRelations) -> pd.DataFrame:
    """Similarity of pairs of genes, missing for those with an unknown gene.

    Parameters
    ----------
    pairs
        The columns ``gene1`` and ``gene2``.
    tokens
        Tokens of both genes (pairs × 2), negative for unknown genes.
    relations
        The similarities.
    """
    known = (tokens >= N_SPECIALS).all(axis=1)
    similarity = np.full(len(pairs), np.nan)
    similarity[known] = relations.of_pairs(tokens[known, 0], tokens[known, 1])
    return pairs.assign(similarity=similarity)
