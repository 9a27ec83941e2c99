from __future__ import annotations

import anndata as ad
import pandas as pd
import pytest

import scgsfm


@pytest.fixture(scope="module")
def cells() -> ad.AnnData:
    adata = scgsfm.datasets.pbmc()[::5].copy()
    adata = adata[adata.obs["cell_type"].isin(["B", "NK", "CD8 T"])].copy()
    scgsfm.tl.enrich(adata, groupby="cell_type")
    scgsfm.tl.enrich(adata, groupby="cell_type", key_added="again", n_genes=50)
    return adata


def test_all_rows(cells: ad.AnnData) -> None:
    pd.testing.assert_frame_equal(scgsfm.get.enrich(cells), cells.uns["enrich"])
    pd.testing.assert_frame_equal(scgsfm.get.enrich(cells, key="again"), cells.uns["again"])


def test_rows_of_groups(cells: ad.AnnData) -> None:
    table = cells.uns["enrich"]
    found = scgsfm.get.enrich(cells, "NK", n_terms=3)
    expected = table[table["group"] == "NK"].iloc[:3]
    assert found["term"].tolist() == expected["term"].tolist()
    assert found.index.tolist() == [0, 1, 2]
    both = scgsfm.get.enrich(cells, ["NK", "B"], max_padj=0.05)
    significant = table[table["group"].isin(["NK", "B"]) & (table["padj"] <= 0.05)]
    assert len(significant)
    pd.testing.assert_frame_equal(both, significant.reset_index(drop=True))
    assert (scgsfm.get.enrich(cells, n_terms=2).groupby("group").size() == 2).all()


def test_result_is_a_copy(cells: ad.AnnData) -> None:
    scgsfm.get.enrich(cells)["term"] = ""
    assert (cells.uns["enrich"]["term"] != "").all()


def test_file(cells: ad.AnnData, tmp_path: object) -> None:
    path = f"{tmp_path}/cells.h5ad"
    cells.write_h5ad(path)
    found = scgsfm.get.enrich(ad.read_h5ad(path), "B", n_terms=2)
    assert found["term"].tolist() == scgsfm.get.enrich(cells, "B", n_terms=2)["term"].tolist()


def test_what_is_missing_is_named(cells: ad.AnnData) -> None:
    with pytest.raises(KeyError, match="`group` 'nk' is not in the table, which has: .* Did you mean 'NK'"):
        scgsfm.get.enrich(cells, "nk")
    with pytest.raises(KeyError, match=r"no result of `scgsfm.tl.enrich` in `uns\['agian'\]`.*Did you mean 'again'"):
        scgsfm.get.enrich(cells, key="agian")
    with pytest.raises(KeyError, match="Run it first, or set `key`"):
        scgsfm.get.enrich(scgsfm.datasets.pbmc())
    with pytest.raises(ValueError, match="`n_terms` is 0"):
        scgsfm.get.enrich(cells, n_terms=0)
    with pytest.raises(ValueError, match="`max_padj` is 2"):
        scgsfm.get.enrich(cells, max_padj=2)
    cells.uns["foreign"] = pd.DataFrame({"group": ["B"]})
    cells.uns["scgsfm"]["foreign"] = {"function": "tl.phenotypes"}
    with pytest.raises(KeyError, match="no result of `scgsfm.tl.enrich`"):
        scgsfm.get.enrich(cells, key="foreign")
