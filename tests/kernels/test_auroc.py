from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from scgsfm.kernels import auroc


def test_equals_sklearn() -> None:
    rng = np.random.default_rng(0)
    sets = [np.sort(rng.choice(40, n, replace=False)) for n in (12, 3)]
    members, member_indptr = np.concatenate(sets), np.array([0, 12, 15])
    held = [sets[0][[7, 2, 11]], sets[0][[5]], sets[1][[1, 0]], sets[1][:0]]
    held_indptr, rivals_of = np.cumsum([0, *map(len, held)]), np.array([0, 0, 1, 1])
    universe = np.arange(0, 40, 2)
    scores = rng.integers(0, 6, (4, 40)).astype(np.float32)  # with ties
    found = auroc(scores, held_indptr, np.concatenate(held), rivals_of, member_indptr, members, universe)
    for row, genes in enumerate(held):
        rivals = np.setdiff1d(universe, sets[rivals_of[row]])
        shares = found[held_indptr[row] : held_indptr[row + 1]]
        for gene, share in zip(genes, shares, strict=True):
            is_held = np.arange(len(rivals) + 1) == 0
            assert share == pytest.approx(roc_auc_score(is_held, scores[row, [gene, *rivals]]))


def test_without_negatives() -> None:
    everything = np.arange(3)
    found = auroc(
        np.zeros((1, 3)), np.array([0, 1]), everything[:1], np.zeros(1, int), np.array([0, 3]), everything, everything
    )
    assert np.isnan(found).all()
