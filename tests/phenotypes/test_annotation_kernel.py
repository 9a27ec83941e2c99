"""Annotation kernel against plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from scgsfm.phenotypes.fitting import AnnotationKernel, label_basis
from scgsfm.phenotypes.fitting._annotation_kernel import PRIOR, leave_terms_out


@pytest.fixture
def toy() -> tuple[sparse.csr_array, AnnotationKernel, np.ndarray]:
    """Forty genes, twelve terms, and diseases that two genes each share."""
    rng = np.random.default_rng(0)
    labels = sparse.csr_array((rng.random((40, 12)) < 0.3).astype(np.float32))
    diseases = sparse.csr_array(np.repeat(np.eye(20), 2, axis=0))
    frequency, directions = label_basis(labels, rank=11)
    return labels, AnnotationKernel(labels, diseases, frequency, directions), frequency


def weights_by_loops(dense: np.ndarray, frequency: np.ndarray, row: np.ndarray, gene: int) -> np.ndarray:
    rarity = np.sqrt(-np.log(frequency))
    found = np.zeros(len(dense))
    for other, terms in enumerate(dense):
        if other // 2 != gene // 2:
            a, b = row * rarity, terms * rarity
            found[other] = (a @ b / max(np.linalg.norm(a) * np.linalg.norm(b), 1e-9)) ** 2
    return found / (found.sum() + PRIOR)


def test_weights_are_squared_cosines_of_genes_that_share_no_disease(
    toy: tuple[sparse.csr_array, AnnotationKernel, np.ndarray],
) -> None:
    labels, kernel, frequency = toy
    dense = labels.toarray()
    found = kernel.weights(labels[[3, 8]], np.array([3, 8]))
    for i, gene in enumerate((3, 8)):
        np.testing.assert_allclose(found[i], weights_by_loops(dense, frequency, dense[gene], gene), rtol=1e-4)
    assert found[0, 2] == found[0, 3] == 0


def test_factors_give_the_frequencies_among_similar_genes(
    toy: tuple[sparse.csr_array, AnnotationKernel, np.ndarray],
) -> None:
    labels, kernel, frequency = toy
    dense = labels.toarray()
    strength = kernel.encode() @ kernel.term_factors.T
    weights = np.array([weights_by_loops(dense, frequency, row, gene) for gene, row in enumerate(dense)])
    exact = weights @ (dense - frequency) / np.sqrt(frequency + 1 / 40)
    np.testing.assert_allclose(strength, exact, atol=0.1)  # of twelve dimensions, eleven are kept
    assert np.corrcoef(strength.ravel(), exact.ravel())[0, 1] > 0.99


def test_a_term_is_left_out_with_its_descendants() -> None:
    # term 0 above 1 and 2; the gene is annotated with 1, 2 and 3
    direct = sparse.csr_array(np.array([[1, 1, 0, 0, 0], [1, 0, 1, 0, 0], [0, 0, 0, 1, 0]], bool))
    terms, remaining = leave_terms_out(direct)
    assert terms.tolist() == [0, 1, 2, 3]
    assert remaining.astype(int).tolist() == [[0, 0, 0, 1], [1, 0, 1, 1], [1, 1, 0, 1], [1, 1, 1, 0]]


def test_left_out_terms_are_predicted_without_themselves(
    toy: tuple[sparse.csr_array, AnnotationKernel, np.ndarray],
) -> None:
    labels, kernel, frequency = toy
    dense = labels.toarray()
    terms, strength = kernel.left_out(5, sparse.csr_array(np.diag(dense[5])[dense[5] > 0].astype(bool)))
    assert terms.tolist() == np.flatnonzero(dense[5]).tolist()
    for term, value in zip(terms.tolist(), strength, strict=True):
        row = dense[5].copy()
        row[term] = 0
        weights = weights_by_loops(dense, frequency, row, 5)
        expected = weights @ (dense[:, term] - frequency[term]) / np.sqrt(frequency[term] + 1 / 40)
        assert value == pytest.approx(expected, abs=0.1)
