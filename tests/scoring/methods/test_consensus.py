from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

MEMBERS = ["ulm", "zscore", "sum", "mlm"]


def test_equals_decoupler(
    score: Callable[..., Any], peer: Callable[..., Any], counts: np.ndarray, signed: np.ndarray
) -> None:
    dc = peer("decoupler", minversion="2")
    tables = {f"score_{name}": pd.DataFrame(score(name, counts, signed).scores) for name in MEMBERS}
    scores, padj = dc.mt.consensus(tables)
    found = score("consensus", counts, signed, members=MEMBERS)
    np.testing.assert_allclose(found.scores, scores, atol=1e-12)
    np.testing.assert_allclose(found.padj, padj, rtol=1e-6)


def test_small_example(score: Callable[..., Any]) -> None:
    """Positive and negative scores are standardized on their own, with as many mirrored ones."""
    x = np.array([[3.0, 4, -2, 0]])
    found = score("consensus", x, np.eye(4), members=["sum"]).scores
    np.testing.assert_allclose(found[0, :2], np.array([3, 4]) / np.sqrt(2 * 25 / 3))
    np.testing.assert_allclose(found[0, 2:], np.array([-2, 0]) / np.sqrt(2 * 4 / 3))


def test_independent_of_blocks(score: Callable[..., Any], counts: np.ndarray, membership: np.ndarray) -> None:
    expected = score("consensus", counts, membership).scores
    np.testing.assert_array_equal(score("consensus", counts, membership, block_size=3).scores, expected)


@pytest.mark.parametrize(
    ("members", "message"), [([], "`members` is empty"), (["gsea"], "`members` has 'gsea', but can have: aucell")]
)
def test_invalid_members_raise(
    score: Callable[..., Any], counts: np.ndarray, membership: np.ndarray, members: list[str], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        score("consensus", counts, membership, members=members)


def test_members_that_cannot_use_signs_raise(score: Callable[..., Any], counts: np.ndarray, signed: np.ndarray) -> None:
    with pytest.raises(ValueError, match="'aucell' can't use the negative weights"):
        score("consensus", counts, signed, members=["aucell", "ulm"])
