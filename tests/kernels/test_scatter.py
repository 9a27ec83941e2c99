from __future__ import annotations

import numpy as np
from scipy import sparse

from scgsfm.kernels import scatter


def test_is_the_product_with_the_membership_matrix() -> None:
    rng = np.random.default_rng(0)
    cells = sparse.random_array((30, 50), density=0.3, rng=rng, format="csr")
    sets = sparse.random_array((7, 50), density=0.2, rng=rng, format="csc")
    zero = rng.normal(size=30)
    total = sets.sum(axis=1)
    found = scatter(cells.indptr, cells.indices, cells.data, zero, sets.indptr, sets.indices, sets.data, total)
    dense = np.repeat(zero[:, None], 50, axis=1)
    dense[cells.nonzero()] = cells.data
    np.testing.assert_allclose(found, dense @ sets.toarray().T, rtol=1e-12, atol=1e-12)
