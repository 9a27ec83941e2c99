from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from scgsfm.kernels import connectivity


def enrichment_score(profile: np.ndarray, genes: np.ndarray, weights: np.ndarray) -> float:
    """The formula, gene by gene."""
    values = np.unique(profile)[::-1]
    total = (np.abs(profile[genes]) * np.abs(weights)).sum()
    if total == 0 or len(genes) == len(profile):
        return 0.0
    rest = np.setdiff1d(np.arange(len(profile)), genes)
    sums = [0.0]
    for value in values:  # ends of groups of tied values
        hit = (np.abs(profile[genes]) * np.abs(weights))[profile[genes] >= value].sum() / total
        sums.append(hit - (profile[rest] >= value).sum() / len(rest))
    return max(sums) if max(sums) > -min(sums) else min(sums)


def expected(profile: np.ndarray, row: np.ndarray) -> float:
    up, down = np.flatnonzero(row > 0), np.flatnonzero(row < 0)
    scores = enrichment_score(profile, up, row[up]), enrichment_score(profile, down, row[down])
    if not len(up):
        return -scores[1]
    if not len(down):
        return scores[0]
    return (scores[0] - scores[1]) / 2 if scores[0] * scores[1] < 0 else 0.0


@pytest.mark.parametrize("kind", ["ranking", "lists", "ties"])
def test_connectivity_is_the_formula(kind: str) -> None:
    rng = np.random.default_rng(0)
    profile = rng.standard_normal(60)
    if kind == "lists":
        profile = np.sign(profile) * (np.abs(profile) > 1)
    elif kind == "ties":
        profile = np.round(profile)
    dense = rng.standard_normal((40, 60)) * (rng.random((40, 60)) < 0.2)
    dense[0], dense[1] = np.abs(dense[0]), -np.abs(dense[1])  # one direction only
    weights = csr_matrix(dense)
    found = connectivity(profile, weights.indptr, weights.indices, weights.data)
    np.testing.assert_allclose(found, [expected(profile, row) for row in weights.toarray()], atol=1e-12)
    assert (found != 0).sum() > 5


def test_a_signature_mimics_itself_and_reverses_its_opposite() -> None:
    profile = np.concatenate([np.full(10, 2.0), np.zeros(80), np.full(10, -2.0)])
    for sign in (1, -1):
        row = sign * np.sign(profile)
        genes = np.flatnonzero(row)
        found = connectivity(profile, np.array([0, len(genes)]), genes, row[genes])
        np.testing.assert_allclose(found, sign * 1.0)
