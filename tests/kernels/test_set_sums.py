from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from scgsfm.kernels import set_sums


@pytest.mark.parametrize("n_sets", [1, 7, 60])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equals_matrix_product(n_sets: int, dtype: type) -> None:
    """Genes of no, of some and of many sets."""
    rng = np.random.default_rng(0)
    cells = sparse.random_array((30, 50), density=0.3, rng=rng, format="csr").astype(dtype)
    sets = sparse.random_array((n_sets, 50), density=0.2, rng=rng, format="csc")
    zero = rng.normal(size=30)
    total = sets.sum(axis=1)
    found = set_sums(cells.indptr, cells.indices, cells.data, zero, sets.indptr, sets.indices, sets.data, total)
    dense = np.repeat(zero[:, None], 50, axis=1)
    dense[cells.nonzero()] = cells.data
    np.testing.assert_allclose(found, dense @ sets.toarray().T, rtol=1e-12, atol=1e-12)
