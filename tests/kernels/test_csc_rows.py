from __future__ import annotations

import numpy as np
from scipy import sparse

from scgsfm.kernels import csc_rows


def test_blocks_concatenate_to_the_matrix() -> None:
    x = sparse.random_array((23, 11), density=0.3, rng=np.random.default_rng(0), format="csc")
    cursors, ends = x.indptr[:-1].copy(), x.indptr[1:]
    blocks = []
    for start in range(0, 23, 5):
        stop = min(start + 5, 23)
        arrays = csc_rows(x.data, x.indices, cursors, ends, start, stop)
        blocks.append(sparse.csr_array(arrays, shape=(stop - start, 11)))
        assert blocks[-1].has_canonical_format
    np.testing.assert_array_equal(sparse.vstack(blocks).toarray(), x.toarray())
