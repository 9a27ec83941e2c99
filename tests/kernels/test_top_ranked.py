from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from scgsfm.kernels import rank_cells, top_ranked


@pytest.mark.parametrize("n", [1, 5, 35])
@pytest.mark.parametrize("shift", [0, -1], ids=["non-negative", "negative"])
@pytest.mark.parametrize("explicit_zeros", [False, True])
def test_ties_follow_the_given_order(n: int, shift: int, *, explicit_zeros: bool) -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 4, (20, 40)).astype(np.float32) + shift
    x[:, 3:8] = 0
    x[0] = 0
    order = rng.permutation(np.delete(np.arange(40), slice(3, 8)))
    matrix = sparse.csr_array(np.where(x == 0, 9, x) if explicit_zeros else x)
    if explicit_zeros:
        matrix.data[matrix.data == 9] = 0
    ranks = rank_cells(matrix.data, matrix.indptr, 40)
    expected = order[np.argsort(-x[:, order], axis=1, kind="stable")[:, :n]]
    for _ in range(2):  # the ranks are left as they were
        found = top_ranked(ranks, matrix.indices, matrix.indptr, 40, n, order=order)
        np.testing.assert_array_equal(found, expected)


def test_many_genes() -> None:
    """Places beyond one and two bytes are sorted, too."""
    rng = np.random.default_rng(0)
    order = rng.permutation(70_000)
    x = sparse.random_array((2, 70_000), density=0.05, rng=rng, format="csr")
    x.data = np.ceil(3 * x.data)
    expected = order[np.argsort(-x.toarray()[:, order], axis=1, kind="stable")[:, :3000]]
    found = top_ranked(rank_cells(x.data, x.indptr, 70_000), x.indices, x.indptr, 70_000, 3000, order=order)
    np.testing.assert_array_equal(found, expected)
