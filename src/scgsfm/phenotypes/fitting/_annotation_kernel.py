"""Encodings of annotated genes by genes of like annotations, and what they were had a term not been annotated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._gene_similarity import coordinates

if TYPE_CHECKING:
    from scipy import sparse

PRIOR = 0.05
"""What the term's frequency counts among the genes."""
BLOCK = 1000


class AnnotationKernel:
    """Likeness of annotated genes by their annotations: the squared cosine, terms weighted by rarity.

    Genes that share a disease tell nothing of each other: what the disease has, both have.

    Parameters
    ----------
    labels
        Genes × terms, ancestors included.
    diseases
        Genes × diseases.
    frequency, directions
        What :func:`~scgsfm.phenotypes.fitting._gene_similarity.basis` gives.
    """

    def __init__(
        self, labels: sparse.csr_array, diseases: sparse.csr_array, frequency: np.ndarray, directions: np.ndarray
    ) -> None:
        self.labels = labels.astype(np.float32)
        self.rarity = np.sqrt(-np.log(np.maximum(frequency, 1 / labels.shape[0]))).astype(np.float32)
        self._coordinates, self._terms = coordinates(self.labels, frequency, directions)
        self._turned = self._unit(self.labels).T.tocsr()
        diseases = diseases.astype(np.int32)
        self._related = (diseases @ diseases.T).astype(bool).tocsr()

    def _unit(self, labels: sparse.csr_array) -> sparse.csr_array:
        from scipy import sparse

        scaled = labels.multiply(self.rarity).tocsr()
        length = np.sqrt(np.asarray(scaled.multiply(scaled).sum(axis=1)).ravel())
        return sparse.diags_array((1 / np.maximum(length, 1e-9)).astype(np.float32)) @ scaled

    def weights(self, labels: sparse.csr_array, genes: np.ndarray) -> np.ndarray:
        """How much each gene counts for some genes, were they annotated so: ``genes`` × all genes."""
        square = (self._unit(labels) @ self._turned).toarray() ** 2
        related = self._related[genes].tocoo()
        square[related.coords] = 0
        return square / (square.sum(axis=1, keepdims=True) + PRIOR)

    def encode(self) -> np.ndarray:
        """Encodings of the genes; the terms' are those of :func:`~scgsfm.phenotypes.fitting._gene_similarity.encode`."""
        n = self.labels.shape[0]
        blocks = np.array_split(np.arange(n), max(n // BLOCK, 1))
        return np.concatenate([self.weights(self.labels[b], b) @ self._coordinates for b in blocks])

    def left_out(self, gene: int, direct: sparse.csr_array) -> tuple[np.ndarray, np.ndarray]:
        """Terms of a gene, and how far the gene departs from the frequency of each, were it not annotated with it.

        Parameters
        ----------
        gene
            Its row.
        direct
            The terms that the gene is annotated with × these and their ancestors.
        """
        from scipy import sparse

        own, rest = without(direct)
        row, column = np.nonzero(rest)
        labels = sparse.csr_array(
            (np.ones(len(row), np.float32), (row, own[column])), shape=(len(own), self.labels.shape[1])
        )
        genes = self.weights(labels, np.full(len(own), gene)) @ self._coordinates
        return own, np.einsum("ij,ij->i", genes, self._terms[own])


def without(direct: sparse.csr_array) -> tuple[np.ndarray, np.ndarray]:
    """The terms of a gene, and which of them (columns) are known without each (row) and all that lie below it.

    Parameters
    ----------
    direct
        The terms that the gene is annotated with × these and their ancestors.
    """
    own = np.unique(direct.indices)
    above = direct[:, own].toarray().astype(np.int32)
    common = above.T @ above
    return own, common.diagonal() > common
