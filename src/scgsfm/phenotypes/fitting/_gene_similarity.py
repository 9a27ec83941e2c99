"""Similarity of genes by embedding, summary and gene sets."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scipy import sparse

KERNEL_WEIGHTS: Mapping[str, float] = MappingProxyType({"embedding": 2.0, "text": 0.5, "sets": 0.5})
"""Weight of each kernel in the sum."""
WIDTH = 0.5
"""Width of the kernel of embeddings."""
_DISEASE_WORDS = re.compile(
    r"diseas|disord|syndrom|mutat|defici|patient|cancer|tumou?r|carcino|leuk[ae]?emi|lymphoma|phenotyp|defect|opath(y|ies)"
    r"|implicat|allel|autosom|inherit|congenit|loss of function|clinical|susceptib|abnormal|dystroph|malform|epilep"
    r"|deafness|blind|retard|disabilit|associated with|OMIM|pathogen|haploinsuff|individuals|families with|oncogen"
    r"|ataxia|anemia|dysplasia|itis\b|osis\b|emia\b",
    re.IGNORECASE,
)


def without_disease_sentences(summary: str) -> str:
    """The summary of a gene without sentences that mention diseases."""
    sentences = re.split(r"(?<=[.;])\s+", summary)
    return " ".join(sentence for sentence in sentences if not _DISEASE_WORDS.search(sentence))


def text_vectors(texts: Sequence[str]) -> sparse.csr_matrix:
    """TF-IDF vectors of the words and word pairs of texts, at unit length."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(
        sublinear_tf=True, stop_words="english", ngram_range=(1, 2), min_df=2, dtype=np.float32
    )
    return vectorizer.fit_transform(texts)


def set_vectors(membership: sparse.csr_array) -> sparse.csr_matrix:
    """TF-IDF vectors of the gene sets of genes, at unit length."""
    from sklearn.feature_extraction.text import TfidfTransformer

    return TfidfTransformer().fit_transform(membership.astype(np.float32))


def centered_unit_rows(vectors: np.ndarray) -> np.ndarray:
    """Rows minus their mean, at unit length; rows of zeros stand for unknown genes and are kept."""
    nonzero = np.any(vectors != 0, axis=1, keepdims=True)
    vectors = np.where(nonzero, vectors - vectors[nonzero[:, 0]].mean(axis=0), 0)
    unit: np.ndarray = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return unit


class GeneSimilarity:
    r"""Similarity of genes by vectors of several kinds.

    With the cosine :math:`c_k(g, h)` of the vectors of kind :math:`k`, the kernel of two genes is

    .. math::

        K(g, h) = \sum_k w_k \kappa_k(c_k(g, h)), \qquad
        \kappa_\text{embedding}(c) = e^{(c - 1) / 0.5}, \quad \kappa_\text{text}(c) = \kappa_\text{sets}(c) = c

    Parameters
    ----------
    vectors
        Genes × features at unit length, dense or sparse, for each kind.
    """

    def __init__(self, vectors: Mapping[str, np.ndarray | sparse.csr_matrix]) -> None:
        self.vectors = vectors

    def cosines(self, kind: str, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Cosines of the vectors of two groups of genes."""
        product = self.vectors[kind][rows] @ self.vectors[kind][columns].T
        return product if isinstance(product, np.ndarray) else product.toarray()

    def kernel(
        self, rows: np.ndarray, columns: np.ndarray, kernel_weights: Mapping[str, float] = KERNEL_WEIGHTS
    ) -> np.ndarray:
        """The kernel of two groups of genes."""
        total = np.zeros((len(rows), len(columns)), np.float32)
        for kind, weight in kernel_weights.items():
            cosines = self.cosines(kind, rows, columns)
            total += weight * (np.exp((cosines - 1) / WIDTH) if kind == "embedding" else cosines)
        return total
