from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from scgsfm.scoring import BlockReader
from scgsfm.scoring.engine import GeneMoments

if TYPE_CHECKING:
    from collections.abc import Callable


def test_equals_numpy(counts: np.ndarray, few_array_types: Callable[[np.ndarray], Any]) -> None:
    moments = GeneMoments(counts.shape[1], squares=True)
    for _, block in BlockReader(few_array_types(counts), block_size=5):
        moments.add(block)
    assert moments.n_cells.tolist() == [len(counts)]
    np.testing.assert_array_equal(moments.n_nonzero[0], (counts != 0).sum(axis=0))
    np.testing.assert_allclose(moments.means()[0], counts.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(moments.deviations()[0], counts.std(axis=0), rtol=1e-9)
    np.testing.assert_allclose(moments.deviations(correction=1)[0], counts.std(axis=0, ddof=1), rtol=1e-9)


def test_groups(counts: np.ndarray) -> None:
    groups = np.arange(len(counts)) % 3
    moments = GeneMoments(counts.shape[1], n_groups=4)
    for start, block in BlockReader(counts, block_size=4):
        moments.add(block, groups=groups[start : start + block.shape[0]])
    for group in range(3):
        np.testing.assert_allclose(moments.means()[group], counts[groups == group].mean(axis=0), rtol=1e-12)
    assert moments.n_cells.tolist() == [8, 8, 7, 0]
    assert not moments.means()[3].any()


def test_independent_of_block_size_to_the_last_bit(counts: np.ndarray) -> None:
    results = []
    for block_size in (1, 4, 100):
        moments = GeneMoments(counts.shape[1])
        for _, block in BlockReader(counts, block_size=block_size):
            moments.add(block, values=block.data / 3)
        results.append(moments.sums)
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])


def test_deviations_need_squares() -> None:
    with pytest.raises(ValueError, match="squares=True"):
        GeneMoments(3).deviations()
