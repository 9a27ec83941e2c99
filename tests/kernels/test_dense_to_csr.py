from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import sparse

from scgsfm.kernels import dense_to_csr

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("layout", [np.ascontiguousarray, np.asfortranarray, lambda x: x[::2, ::3]])
def test_equals_scipy(dtype: type, layout: Callable[..., Any]) -> None:
    x = np.random.default_rng(0).integers(-1, 2, (31, 47)).astype(dtype) / 2
    x[3], x[5] = 0, 1
    x[7, :3] = [-0.0, np.nan, np.inf]
    x = layout(x)
    data, indices, indptr = dense_to_csr(x)
    expected = sparse.csr_array(x)
    np.testing.assert_array_equal(data, expected.data)
    np.testing.assert_array_equal(indices, expected.indices)
    np.testing.assert_array_equal(indptr, expected.indptr)
    assert data.dtype == dtype
    assert indices.dtype == indptr.dtype == np.int32


def test_empty_matrix() -> None:
    for shape in ((0, 4), (4, 0), (2, 3)):
        data, indices, indptr = dense_to_csr(np.zeros(shape))
        assert (len(data), len(indices), indptr.tolist()) == (0, 0, [0] * (shape[0] + 1))
