from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from scipy.stats import rankdata

from scgsfm.kernels import rank_cells


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_groups_are_ties(dtype: type) -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(-2, 4, (30, 50)).astype(dtype) / 2
    x[3] = 0
    x[4] = np.arange(50) + 1
    matrix = sparse.csr_array(x)
    groups, zeros, firsts, counts = rank_cells(matrix.data, matrix.indptr, 50)
    of_gene = np.repeat(zeros[:, None], 50, axis=1)
    of_gene[matrix.nonzero()] = groups
    first, last = (rankdata(-x, method=method, axis=1) for method in ("min", "max"))
    np.testing.assert_array_equal(firsts[of_gene], first)
    np.testing.assert_array_equal(firsts[of_gene] + counts[of_gene] - 1, last)
    assert counts[zeros].tolist() == (x == 0).sum(axis=1).tolist()
    assert counts.sum() == x.size
