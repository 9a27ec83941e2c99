from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import hypergeom

from scgsfm.kernels import fisher_greater


@pytest.mark.parametrize(
    ("n_genes", "n_drawn"), [(20, 7), (20, 20), (20, 0), (1000, 50), (20000, 1000), (20000, 15000)]
)
def test_equals_hypergeometric_tail(n_genes: int, n_drawn: int) -> None:
    sizes = np.array([1, 3, 12, 20, *(s for s in (100, 900) if s <= n_genes)])
    for size in sizes:
        hits = np.arange(max(0, n_drawn + size - n_genes), min(n_drawn, size) + 1)
        found = fisher_greater(hits[:, None].astype(float), np.full(len(hits), n_drawn), np.array([size]), n_genes)
        expected = hypergeom.sf(hits - 1, n_genes, size, n_drawn)
        np.testing.assert_allclose(found[:, 0], expected, rtol=1e-8, atol=1e-290)
        assert found.max() <= 1
