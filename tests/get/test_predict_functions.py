from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd
import pytest

import scgsfm

LIBRARY = {"T": ["CD3D", "CD3E", "CD2", "CD3G", "CD5"], "B": ["CD79A", "CD79B", "MS4A1", "CD19", "CD22"]}


@pytest.fixture(scope="module")
def cells() -> ad.AnnData:
    adata = ad.AnnData(np.ones((2, 3), np.float32), var=pd.DataFrame(index=["CD3D", "MS4A1", "LYZ"]))
    scgsfm.tl.predict_functions(adata, library=LIBRARY)
    scgsfm.tl.predict_functions(adata, library=LIBRARY, by="term", key_added="by_term")
    return adata


def test_rows(cells: ad.AnnData) -> None:
    table = cells.uns["predicted_functions"]
    pd.testing.assert_frame_equal(scgsfm.get.predict_functions(cells), table)
    assert scgsfm.get.predict_functions(cells, ["CD3D", "MS4A1"], n_top=1)["term"].tolist() == ["T", "B"]
    assert scgsfm.get.predict_functions(cells, term="T", key="by_term", n_top=1)["gene"].tolist() == ["CD3D"]
    likely = scgsfm.get.predict_functions(cells, min_probability=0.01)
    assert len(likely) == (table["probability"] >= 0.01).sum() < len(table)


def test_what_is_missing_is_named(cells: ad.AnnData) -> None:
    with pytest.raises(KeyError, match="`gene` 'cd3d' is not in the table.*Did you mean 'CD3D'"):
        scgsfm.get.predict_functions(cells, "cd3d")
    with pytest.raises(KeyError, match=r"Other keys have one: 'predicted_functions', 'by_term'"):
        scgsfm.get.predict_functions(cells, key="x")
