from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import scgsfm
from scgsfm.scoring import get_method

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def test_table_has_all_columns() -> None:
    table = scgsfm.methods()
    assert table.index.name == "method"
    assert {"aucell", "gsfm", "ucell", "mean", "sum", "zscore", "ulm"} <= set(table.index)
    assert {
        "title",
        "statistic",
        "range",
        "weights",
        "signs",
        "missing_genes",
        "min_genes",
        "test",
        "reference",
    } <= set(table)
    assert table.notna().all(axis=None)
    assert table["reference"].str.startswith("https://doi.org/").all()


def test_results_agree_with_the_table(score: Callable[..., Any], counts: np.ndarray, membership: np.ndarray) -> None:
    for name, row in scgsfm.methods().iterrows():
        found = score(name, counts, membership)
        assert (found.padj is not None) == bool(row["test"])
        low, high = row["range"]
        assert found.scores.dtype == np.float64
        assert ((found.scores >= low) & (found.scores <= high)).all()
    assert get_method("ulm").signs
    assert not get_method("aucell").signs


def test_unknown_method_raises() -> None:
    with pytest.raises(ValueError, match="Unknown `method` 'magic'.*aucell"):
        get_method("magic")
