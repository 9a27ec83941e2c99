"""Factors of annotated genes from genes with similar annotations, also with annotations left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._kernel_regression import label_factors

if TYPE_CHECKING:
    from scipy import sparse

PRIOR = 0.05
"""Weight of the term's frequency among the weights of the genes."""
BLOCK = 1000


class AnnotationKernel:
    r"""Similarity of annotated genes by their annotations.

    The weight of gene :math:`h` for gene :math:`g` is

    .. math::

        W_{gh} = \frac{c_{gh}^2}{\sum_{h'} c_{gh'}^2 + 0.05}

    where :math:`c_{gh}` is the cosine of the annotation vectors, in which each term is weighted by
    :math:`\sqrt{-\log f_t}`. It is 0 for genes that share a disease, since these share the annotations of that disease.

    Parameters
    ----------
    labels
        Genes × terms, ancestors included.
    diseases
        Genes × diseases.
    frequency, directions
        Result of :func:`label_basis`.
    """

    def __init__(
        self, labels: sparse.csr_array, diseases: sparse.csr_array, frequency: np.ndarray, directions: np.ndarray
    ) -> None:
        self.labels = labels.astype(np.float32)
        self.rarity = np.sqrt(-np.log(np.maximum(frequency, 1 / labels.shape[0]))).astype(np.float32)
        self._gene_factors, self.term_factors = label_factors(self.labels, frequency, directions)
        self._unit_terms = self._unit(self.labels).T.tocsr()
        diseases = diseases.astype(np.int32)
        self._share_disease = (diseases @ diseases.T).astype(bool).tocsr()

    def _unit(self, labels: sparse.csr_array) -> sparse.csr_array:
        from scipy import sparse

        scaled = labels.multiply(self.rarity).tocsr()
        length = np.sqrt(np.asarray(scaled.multiply(scaled).sum(axis=1)).ravel())
        return sparse.diags_array((1 / np.maximum(length, 1e-9)).astype(np.float32)) @ scaled

    def weights(self, labels: sparse.csr_array, genes: np.ndarray) -> np.ndarray:
        """Weights of all genes for some genes with the given labels, ``genes`` × all genes."""
        square = (self._unit(labels) @ self._unit_terms).toarray() ** 2
        related = self._share_disease[genes].tocoo()
        square[related.coords] = 0
        weights: np.ndarray = square / (square.sum(axis=1, keepdims=True) + PRIOR)
        return weights

    def encode(self) -> np.ndarray:
        """Factors of the genes; the factors of the terms are those of :func:`encode`."""
        n = self.labels.shape[0]
        blocks = np.array_split(np.arange(n), max(n // BLOCK, 1))
        return np.concatenate([self.weights(self.labels[b], b) @ self._gene_factors for b in blocks])

    def left_out(self, gene: int, direct: sparse.csr_array) -> tuple[np.ndarray, np.ndarray]:
        """Terms of a gene, and the strength of each if the gene were not annotated with it.

        Parameters
        ----------
        gene
            Row of the gene.
        direct
            Directly annotated terms × these terms and their ancestors.
        """
        from scipy import sparse

        terms, remaining = leave_terms_out(direct)
        row, column = np.nonzero(remaining)
        labels = sparse.csr_array(
            (np.ones(len(row), np.float32), (row, terms[column])), shape=(len(terms), self.labels.shape[1])
        )
        factors = self.weights(labels, np.full(len(terms), gene)) @ self._gene_factors
        return terms, np.einsum("ij,ij->i", factors, self.term_factors[terms])


def leave_terms_out(direct: sparse.csr_array) -> tuple[np.ndarray, np.ndarray]:
    """Terms of a gene, and which terms (columns) remain without each term (row) and its descendants.

    Parameters
    ----------
    direct
        Directly annotated terms × these terms and their ancestors.
    """
    terms = np.unique(direct.indices)
    ancestors = direct[:, terms].toarray().astype(np.int32)
    common = ancestors.T @ ancestors
    return terms, common.diagonal() > common
