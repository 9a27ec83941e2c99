from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

import scgsfm

if TYPE_CHECKING:
    import anndata as ad


@pytest.fixture(scope="module")
def cells() -> ad.AnnData:
    adata = scgsfm.datasets.pbmc()[::5].copy()
    adata = adata[adata.obs["cell_type"].isin(["B", "NK"])].copy()
    scgsfm.tl.phenotypes(adata, "cell_type", n_top=10)
    return adata


def test_rows(cells: ad.AnnData) -> None:
    table = cells.uns["phenotypes"]
    pd.testing.assert_frame_equal(scgsfm.get.phenotypes(cells), table)
    found = scgsfm.get.phenotypes(cells, "NK", kind="phenotype", evidence="predicted", n_terms=4)
    chosen = (table["group"] == "NK") & (table["kind"] == "phenotype") & (table["evidence"] == "predicted")
    assert found["id"].tolist() == table.loc[chosen, "id"].tolist()[:4]
    assert scgsfm.get.phenotypes(cells, n_terms=2).groupby(["group", "kind", "evidence"]).size().max() == 2
    significant = scgsfm.get.phenotypes(cells, max_padj=0.2)
    assert len(significant) == (table["padj"] <= 0.2).sum()


def test_what_is_missing_is_named(cells: ad.AnnData) -> None:
    with pytest.raises(KeyError, match="Did you mean 'NK'"):
        scgsfm.get.phenotypes(cells, "nk")
    with pytest.raises(ValueError, match="`kind` is 'Disease'.*Did you mean 'disease'"):
        scgsfm.get.phenotypes(cells, kind="Disease")  # type: ignore[arg-type]
    with pytest.raises(KeyError, match="no result of `scgsfm.tl.phenotypes`"):
        scgsfm.get.phenotypes(cells, key="x")
