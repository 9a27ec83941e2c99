"""Encodings of genes and terms for :class:`Relations`: kernel regression, in a space of few dimensions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scipy import sparse

MIXTURE = {"embedding": 0.5, "text": 1.0, "sets": 0.5}
"""How much each kernel counts."""
RIDGE = 1.0
RANK = 128
"""Dimensions of the encodings."""
DAMPING = 0.25
"""Terms are weighted by this power of their inverse frequency before dimensions are reduced."""
_REVEALING = re.compile(
    r"diseas|disord|syndrom|mutat|defici|patient|cancer|tumou?r|carcino|leuk[ae]?emi|lymphoma|phenotyp|defect|opath(y|ies)"
    r"|implicat|allel|autosom|inherit|congenit|loss of function|clinical|susceptib|abnormal|dystroph|malform|epilep"
    r"|deafness|blind|retard|disabilit|associated with|OMIM|pathogen|haploinsuff|individuals|families with|oncogen"
    r"|ataxia|anemia|dysplasia|itis\b|osis\b|emia\b",
    re.IGNORECASE,
)


def stripped(summary: str) -> str:
    """A summary of a gene without the sentences that speak of diseases."""
    sentences = re.split(r"(?<=[.;])\s+", summary)
    return " ".join(sentence for sentence in sentences if not _REVEALING.search(sentence))


def text_vectors(texts: Sequence[str]) -> sparse.csr_matrix:
    """Words and pairs of words of texts, weighted by rarity, at unit length."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(
        sublinear_tf=True, stop_words="english", ngram_range=(1, 2), min_df=2, dtype=np.float32
    )
    return vectorizer.fit_transform(texts)


def set_vectors(membership: sparse.csr_array) -> sparse.csr_matrix:
    """Genes × sets, weighted by rarity, at unit length."""
    from sklearn.feature_extraction.text import TfidfTransformer

    return TfidfTransformer().fit_transform(membership.astype(np.float32))


def unit(vectors: np.ndarray) -> np.ndarray:
    """Rows less their mean, at unit length; rows of zeros, which nothing is known of, stay."""
    there = vectors.any(axis=1)
    vectors = np.where(there[:, None], vectors - vectors[there].mean(axis=0), 0)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


class Kernels:
    """Likeness of genes by several kinds of vectors.

    Parameters
    ----------
    vectors
        For each name of :data:`MIXTURE`, genes × features at unit length, dense or sparse.
    mixture
        How much each counts.
    """

    def __init__(self, vectors: Mapping[str, np.ndarray | sparse.csr_matrix], mixture: Mapping[str, float]) -> None:
        self.vectors = vectors
        self.mixture = {name: share for name, share in mixture.items() if share}

    def between(self, rows: np.ndarray, others: np.ndarray) -> np.ndarray:
        """The sum of the products of the vectors of two groups of genes."""
        total = np.zeros((len(rows), len(others)), np.float32)
        for name, share in self.mixture.items():
            product = self.vectors[name][rows] @ self.vectors[name][others].T
            total += share * (product if isinstance(product, np.ndarray) else product.toarray())
        return total


def smoother(kernels: Kernels, train: np.ndarray, new: np.ndarray, *, ridge: float = RIDGE) -> np.ndarray:
    """How much each training gene counts for each new one in ridge regression: new × train."""
    from scipy.linalg import cho_factor, cho_solve

    own = kernels.between(train, train)
    own[np.diag_indices(len(train))] += ridge
    factor = cho_factor(own, overwrite_a=True, check_finite=False)
    return cho_solve(factor, kernels.between(train, new), overwrite_b=True, check_finite=False).T


def basis(labels: sparse.csr_array, *, rank: int = RANK) -> tuple[np.ndarray, np.ndarray]:
    """Frequency of each term, and directions in which genes depart from it: terms × dimensions."""
    from scipy.sparse.linalg import LinearOperator, svds

    frequency = np.asarray(labels.mean(axis=0)).ravel().astype(np.float32)
    weight = np.maximum(frequency, 1 / labels.shape[0]) ** -DAMPING
    labels = labels.astype(np.float32)
    turned = labels.T.tocsr()

    def forward(x: np.ndarray) -> np.ndarray:
        x = weight * x.ravel()
        return labels @ x - frequency @ x

    def back(y: np.ndarray) -> np.ndarray:
        y = y.ravel()
        return weight * (turned @ y - frequency * y.sum())

    centred = LinearOperator(labels.shape, matvec=forward, rmatvec=back, dtype=np.float32)
    start = np.random.default_rng(0).standard_normal(min(labels.shape)).astype(np.float32)
    *_, right = svds(centred, k=rank, v0=start)
    return frequency, right[::-1].T


def encode(
    weights: np.ndarray, labels: sparse.csr_array, frequency: np.ndarray, directions: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Encodings of genes and of terms, the products of which are departures from the frequencies.

    Parameters
    ----------
    weights
        What :func:`smoother` gives: new genes × training genes.
    labels
        Training genes × terms.
    frequency, directions
        What :func:`basis` gives.
    """
    scale = np.maximum(frequency, 1 / labels.shape[0]) ** DAMPING
    own = labels.astype(np.float32) @ (directions / scale[:, None]) - frequency @ (directions / scale[:, None])
    return weights @ own, directions * scale[:, None]
