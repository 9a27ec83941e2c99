from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from scgsfm.kernels import NeighborGraph, SetShares, add_cooccurrence_residual

N_GENES = 30


@pytest.mark.parametrize("coherence", [0.0, 1.5])
def test_equals_dense_computation(coherence: float) -> None:
    rng = np.random.default_rng(0)
    sets = [rng.choice(N_GENES, n, replace=False) for n in (5, 0, 1, 12)]
    indptr, indices = np.cumsum([0, *map(len, sets)]), np.concatenate(sets)
    shares = rng.uniform(0.1, 1, len(indices)).astype(np.float32)
    similarity = rng.uniform(0, 1, (N_GENES, N_GENES)) * (rng.random((N_GENES, N_GENES)) < 0.2)
    similarity[3] = 0  # a gene without neighbours
    neighbors = sparse.csr_array(similarity.astype(np.float32))
    logits = rng.normal(size=(4, N_GENES)).astype(np.float32)
    before = logits.copy()
    max_gate = np.array([1, 1, 0.3, 1])
    graph = NeighborGraph(neighbors.indptr, neighbors.indices, neighbors.data)
    found, gate = add_cooccurrence_residual(
        logits, SetShares(indptr, indices, shares), graph, 0.7, 0.01, coherence, max_gate
    )

    weights = np.zeros((4, N_GENES))
    weights[np.repeat(np.arange(4), np.diff(indptr)), indices] = shares
    activation = np.log1p(weights @ similarity / 0.01)
    spread = activation.std(1, ddof=1, keepdims=True)
    z = (activation - activation.mean(1, keepdims=True)) / np.where(spread > 0, spread, 1)
    c = np.clip((weights * z).sum(1) / coherence, 0, max_gate) if coherence else max_gate * (spread[:, 0] > 0)
    expected = logits + 0.7 * logits.std(1, ddof=1, keepdims=True) * c[:, None] * z
    np.testing.assert_allclose(gate, c, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(found[1], logits[1])
    np.testing.assert_array_equal(logits, before)
    np.testing.assert_array_equal(max_gate, [1, 1, 0.3, 1])
    assert found.dtype == np.float32
