from __future__ import annotations

import pandas as pd
import pytest
from anndata import AnnData

from scgsfm import get


@pytest.fixture
def cells() -> AnnData:
    adata = AnnData(pd.DataFrame({"g": [1.0]}))
    columns = {
        "group": ["a", "a", "b"],
        "compound": ["x", "y", "x"],
        "score": [2.0, -1.0, 3.0],
        "padj": [0.01, 0.5, 0.01],
    }
    adata.uns["drugs"] = pd.DataFrame(columns)
    adata.uns["drugs_classes"] = pd.DataFrame(
        {"group": ["a"], "kind": ["target"], "term": ["T"], "score": [1.0], "padj": [0.1]}
    )
    adata.uns["scgsfm"] = {"drugs": {"function": "tl.drugs"}}
    return adata


def test_rows_are_selected(cells: AnnData) -> None:
    assert get.drugs(cells, "a")["compound"].tolist() == ["x", "y"]
    assert get.drugs(cells, direction="reverses")["compound"].tolist() == ["y"]
    assert get.drugs(cells, max_padj=0.05, n_rows=1)["group"].tolist() == ["a", "b"]
    assert get.drugs(cells, table="classes")["term"].tolist() == ["T"]
    with pytest.raises(KeyError, match="not in the table"):
        get.drugs(cells, "c")
    with pytest.raises(KeyError, match="no result"):
        get.drugs(cells, key="other")
    with pytest.raises(ValueError, match="direction"):
        get.drugs(cells, direction="up")  # type: ignore[arg-type]
