from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd
import pytest

import scgsfm

LIBRARY = {"a": ["CD3D", "CD3E"], "b": ["CD3D", "CD3E", "CD2"], "c": ["LYZ"]}


@pytest.fixture
def adata() -> ad.AnnData:
    rows = [(group, term, value, 0.01) for group in "xy" for value, term in enumerate(LIBRARY)]
    table = pd.DataFrame(rows, columns=["group", "term", "score", "padj"])
    cells = ad.AnnData(np.zeros((1, 1)), uns={"enrich": table})
    scgsfm.tl.cluster_terms(cells, LIBRARY, by="jaccard")
    return cells


def test_rows_are_selected(adata: ad.AnnData) -> None:
    assert len(scgsfm.get.cluster_terms(adata)) == 6
    assert scgsfm.get.cluster_terms(adata, "x", representatives=True)["term"].tolist() == ["b", "c"]
    found = scgsfm.get.cluster_terms(adata, cluster=1)
    assert set(found["term"]) == {"a", "b"}
    found["term"] = ""
    assert "a" in set(adata.uns["cluster_terms"]["term"]), "a copy"


def test_errors(adata: ad.AnnData) -> None:
    with pytest.raises(KeyError, match="`group` 'z' is not in the table, which has: 'x', 'y'"):
        scgsfm.get.cluster_terms(adata, "z")
    with pytest.raises(KeyError, match="`cluster` '7' is not in the table"):
        scgsfm.get.cluster_terms(adata, cluster=7)
    for other in (3, {}, {"group": "a"}):
        adata.uns["other"] = other
        with pytest.raises(KeyError, match=r"There is no result of `scgsfm.tl.cluster_terms` in `uns\['other'\]`"):
            scgsfm.get.cluster_terms(adata, key="other")
    with pytest.raises(KeyError, match=r"There is no result of `scgsfm.tl.cluster_terms` in `uns\['k'\]`"):
        scgsfm.get.cluster_terms(adata, key="k")
