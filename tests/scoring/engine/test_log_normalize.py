from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from scgsfm.scoring.engine import BlockReader, log_normalize

COUNTS = np.array([[1.0, 0, 3, 6], [0, 2, 2, 0], [0, 0, 0, 0]])


def test_sum_of_the_block_by_default() -> None:
    block = BlockReader(sparse.csr_array(COUNTS)).prepare(sparse.csr_array(COUNTS))
    expected = np.log1p(1e4 * np.array([0.1, 0.3, 0.6, 0.5, 0.5]))
    np.testing.assert_allclose(log_normalize(block), expected)


def test_sum_over_counted_columns() -> None:
    reader = BlockReader(COUNTS, genes=np.array([2, 0]), counted=np.arange(3), log_normalize=True)
    (_, block), *_ = reader
    expected = np.log1p(1e4 * np.array([[3 / 4, 1 / 4], [2 / 4, 0], [0, 0]]))
    np.testing.assert_allclose(block.toarray(), expected)


def test_sums_that_are_not_finite_are_refused() -> None:
    counts = COUNTS.copy()
    counts[1, 3] = np.nan
    reader = BlockReader(counts, genes=np.array([0, 1]), counted=np.arange(4), log_normalize=True)
    with pytest.raises(ValueError, match="no finite sum: genes that are not scored hold NaN"):
        list(reader)
