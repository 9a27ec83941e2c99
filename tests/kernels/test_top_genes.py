from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from scgsfm.kernels import top_genes


@pytest.mark.parametrize("n", [1, 5, 40])
@pytest.mark.parametrize("shift", [0, -1], ids=["non-negative", "negative"])
@pytest.mark.parametrize("explicit_zeros", [False, True])
def test_equals_stable_sort(n: int, shift: int, *, explicit_zeros: bool) -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 4, (20, 40)).astype(np.float32) + shift
    x[0] = 0
    matrix = sparse.csr_array(np.where(x == 0, 9, x) if explicit_zeros else x)
    if explicit_zeros:
        matrix.data[matrix.data == 9] = 0
    found = top_genes(matrix.data, matrix.indices, matrix.indptr, 40, n)
    np.testing.assert_array_equal(found, np.argsort(-x, axis=1, kind="stable")[:, :n])
