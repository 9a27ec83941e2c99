from __future__ import annotations

import numpy as np
import pytest
import term_clusters


def test_binary_cut_finds_blocks() -> None:
    block = np.repeat([0, 1, 2], 8)
    similarity = np.where(block[:, None] == block, 0.8, 0.02)
    np.fill_diagonal(similarity, 1)
    found = term_clusters.binary_cut(similarity, 0)
    np.testing.assert_array_equal(found[:, None] == found, block[:, None] == block)
    assert len(np.unique(term_clusters.binary_cut(np.full((10, 10), 0.5) + 0.5 * np.eye(10), 0))) == 1


def test_coherence_counts_pairs_of_significant_terms() -> None:
    labels = np.array([1, 1, 1, 2, 2])
    score = np.array([[1.0, 1], [2, -1], [-1, 1], [-1, 1], [1, 1]])
    significant = np.ones((5, 2), bool)
    significant[4, 0] = False
    # group 0: one of three pairs; group 1: one of three, and one of one
    assert term_clusters.coherence(labels, score, significant) == pytest.approx((1 / 3 + 2 / 4) / 2)
