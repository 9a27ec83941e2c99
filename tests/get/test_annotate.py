from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

import scgsfm

if TYPE_CHECKING:
    import anndata as ad


@pytest.fixture(scope="module")
def cells() -> ad.AnnData:
    adata = scgsfm.datasets.pbmc()[::3].copy()
    scgsfm.tl.annotate(adata, markers="pbmc_markers", groupby="cell_type")
    return adata


def test_rows(cells: ad.AnnData) -> None:
    table = cells.uns["annotation"]
    pd.testing.assert_frame_equal(scgsfm.get.annotate(cells), table.reset_index(drop=True))
    found = scgsfm.get.annotate(cells, ["B", "NK"], n_types=2)
    assert found["rank"].tolist() == [1, 2, 1, 2]
    best = table[(table["group"] == "B") & (table["rank"] == 1)]
    assert found["cell_type"][0] == best["cell_type"].item() == "B"


def test_what_is_missing_is_named(cells: ad.AnnData) -> None:
    with pytest.raises(KeyError, match="Did you mean 'NK'"):
        scgsfm.get.annotate(cells, "nk")
    with pytest.raises(ValueError, match="`n_types` is 0"):
        scgsfm.get.annotate(cells, n_types=0)
    with pytest.raises(KeyError, match="no result of `scgsfm.tl.annotate`"):
        scgsfm.get.annotate(cells, key="x")
