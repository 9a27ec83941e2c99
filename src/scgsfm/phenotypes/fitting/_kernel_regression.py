r"""Factors of genes and terms by kernel ridge regression and nearest neighbors.

A new gene's frequency of a term is a weighted sum over training genes, with the weights of :func:`smoothing_weights`. The
labels of the training genes are reduced to the leading singular vectors, so that genes and terms have factors of few
dimensions whose product is the strength of a pair (see :class:`~scgsfm.phenotypes.PhenotypePredictor`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy import sparse

    from ._gene_similarity import GeneSimilarity

RIDGE = 10.0
"""Penalty of the kernel ridge regression."""
N_NEIGHBORS, PRIOR, NEIGHBOR_WEIGHT = 60, 1.0, 0.4
"""Nearest neighbors by each kind of vectors, weight of the term's frequency among them, and weight of the neighbors."""
RANK = 128
"""Dimensions of the factors."""
DAMPING = 0.25
"""Exponent of the inverse frequency by which terms are weighted before dimensions are reduced."""


def smoothing_weights(similarity: GeneSimilarity, train: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Weights of training genes for new genes by ridge regression and nearest neighbors, new × train."""
    weights = ridge_weights(similarity.kernel(train, train), similarity.kernel(train, new))
    for kind in similarity.vectors:
        weights += NEIGHBOR_WEIGHT * neighbor_weights(similarity.cosines(kind, new, train))
    return weights


def ridge_weights(train_kernel: np.ndarray, cross_kernel: np.ndarray, penalty: float = RIDGE) -> np.ndarray:
    r"""Weights of kernel ridge regression, :math:`K_{\text{new},\text{train}} (K_\text{train} + \lambda I)^{-1}`.

    Parameters
    ----------
    train_kernel
        Kernel of the training genes, train × train.
    cross_kernel
        Kernel of training and new genes, train × new.
    penalty
        The penalty :math:`\lambda`.
    """
    from scipy.linalg import cho_factor, cho_solve

    penalized = train_kernel + penalty * np.eye(len(train_kernel), dtype=train_kernel.dtype)
    factor = cho_factor(penalized, overwrite_a=True, check_finite=False)
    weights: np.ndarray = cho_solve(factor, cross_kernel, check_finite=False).T
    return weights


def neighbor_weights(cosines: np.ndarray, n: int = N_NEIGHBORS) -> np.ndarray:
    """Weights of the nearest training genes by their cosines, new × train."""
    cosines = np.maximum(cosines, 0)
    nearest = np.argpartition(-cosines, n, axis=1)[:, :n]
    weights = np.zeros_like(cosines)
    np.put_along_axis(weights, nearest, np.take_along_axis(cosines, nearest, 1), 1)
    normalized: np.ndarray = weights / (weights.sum(axis=1, keepdims=True) + PRIOR)
    return normalized


def label_basis(labels: sparse.csr_array, *, rank: int = RANK) -> tuple[np.ndarray, np.ndarray]:
    """Frequency of each term, and the leading right singular vectors of the centered labels, terms × dimensions."""
    from scipy.sparse.linalg import LinearOperator, svds

    frequency = np.asarray(labels.mean(axis=0)).ravel().astype(np.float32)
    weight = np.maximum(frequency, 1 / labels.shape[0]) ** -DAMPING
    labels = labels.astype(np.float32)
    transposed = labels.T.tocsr()

    # the centered matrix would be dense: only its products with vectors are computed
    def forward(x: np.ndarray) -> np.ndarray:
        x = weight * x.ravel()
        product: np.ndarray = labels @ x - frequency @ x
        return product

    def backward(y: np.ndarray) -> np.ndarray:
        y = y.ravel()
        product: np.ndarray = weight * (transposed @ y - frequency * y.sum())
        return product

    centered = LinearOperator(labels.shape, matvec=forward, rmatvec=backward, dtype=np.float32)
    start = np.random.default_rng(0).standard_normal(min(labels.shape)).astype(np.float32)
    *_, right = svds(centered, k=rank, v0=start)
    return frequency, right[::-1].T


def label_factors(
    labels: sparse.csr_array, frequency: np.ndarray, directions: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Factors of genes by their labels, and factors of terms, in the space of :func:`label_basis`."""
    floor = 1 / labels.shape[0]
    scale = np.maximum(frequency, floor) ** DAMPING
    reduced = directions / scale[:, None]
    genes = labels.astype(np.float32) @ reduced - frequency @ reduced
    return genes, directions * (scale / np.sqrt(frequency + floor))[:, None]


def encode(
    weights: np.ndarray, labels: sparse.csr_array, frequency: np.ndarray, directions: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    r"""Factors of genes and terms whose products are strengths.

    Parameters
    ----------
    weights
        Result of :func:`smoothing_weights`, new genes × training genes.
    labels
        Training genes × terms.
    frequency, directions
        Result of :func:`label_basis`.

    Returns
    -------
    The factors; their products are in units of :math:`\sqrt{f_t}`.
    """
    genes, terms = label_factors(labels, frequency, directions)
    return weights @ genes, terms
