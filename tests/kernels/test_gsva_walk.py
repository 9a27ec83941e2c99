from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from scgsfm.kernels import gsva_walk


def by_steps(values: np.ndarray, weights: np.ndarray, hit: np.ndarray) -> tuple[float, float]:
    order = np.argsort(values, kind="stable")[::-1]
    hit = hit[order]
    total = weights[hit].sum()
    up = weights / total if total else np.full(len(hit), 1 / hit.sum())
    with np.errstate(divide="ignore"):
        path = np.cumsum(np.where(hit, up, -1 / np.sum(~hit)))
    return max(path.max(), 0), min(path.min(), 0)


@pytest.mark.parametrize("n_values", [3, 1000])
@pytest.mark.parametrize("weight", [0, 1])
def test_equals_walk_step_by_step(n_values: int, weight: float) -> None:
    """With ties and without, between values of the cell's own, too; sets of one, few, most and all genes."""
    rng = np.random.default_rng(0)
    others = rng.integers(-n_values, n_values, 50).astype(float)
    own = np.where(rng.random((8, 50)) < 0.3, rng.integers(-n_values, n_values, (8, 50)), np.inf)
    own[0] = np.inf
    cells, genes = np.nonzero(np.isfinite(own))
    indptr = np.searchsorted(cells, np.arange(9))
    hits = np.array([rng.permutation(50) < size for size in [1, 7, 45, 50]])
    weights = rng.random(50) * weight
    sets = sparse.csr_array(hits.astype(float))
    high, low = gsva_walk(indptr, genes, own[cells, genes], others, weights, sets, sets.tocsc())
    for i, row in enumerate(own):
        values = np.where(np.isfinite(row), row, others)
        for j, hit in enumerate(hits):
            np.testing.assert_allclose((high[i, j], low[i, j]), by_steps(values, weights, hit), atol=1e-12)
