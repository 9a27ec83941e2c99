from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd
import pytest

from scgsfm import get


@pytest.fixture
def adata() -> ad.AnnData:
    table = pd.DataFrame(
        {
            "group": ["a", "a", "b", "b"],
            "motif": ["x", "y", "x", "y"],
            "z": [3.0, -2.0, 1.0, 0.5],
            "padj": [0.01, 0.04, 0.3, 0.6],
        }
    )
    return ad.AnnData(np.ones((1, 1)), uns={"motif_activity": table})


def test_rows(adata: ad.AnnData) -> None:
    assert len(get.motif_activity(adata)) == 4
    assert get.motif_activity(adata, "a")["motif"].tolist() == ["x", "y"]
    assert get.motif_activity(adata, "a", enriched=True)["motif"].tolist() == ["x"]
    assert get.motif_activity(adata, motif="y")["group"].tolist() == ["a", "b"]
    assert len(get.motif_activity(adata, max_padj=0.05)) == 2
    assert get.motif_activity(adata, n_motifs=1)["motif"].tolist() == ["x", "x"]


def test_errors(adata: ad.AnnData) -> None:
    with pytest.raises(KeyError, match="'c' is not in the table"):
        get.motif_activity(adata, "c")
    with pytest.raises(KeyError, match=r"no result of `scgsfm.tl.motif_activity`"):
        get.motif_activity(adata, key="other")
    with pytest.raises(ValueError, match="`n_motifs` is 0"):
        get.motif_activity(adata, n_motifs=0)
