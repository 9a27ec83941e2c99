from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import scgsfm

SETS = {"a": ["CD3D", "CD3E", "CD2"], "b/c": ["CD79A", "MS4A1", "FCRL5", "NOTHERE1"]}


@pytest.fixture
def adata() -> ad.AnnData:
    names = ["CD3D", "CD3E", "CD2", "CD79A", "MS4A1", "FCRL5"]
    x = np.array([[1, 2, 0, 0, 0, 0], [0, 0, 0, 3, 1, 1], [0, 0, 0, 0, 0, 0.0]])
    return ad.AnnData(sparse.csr_matrix(x), var=pd.DataFrame(index=names))


def test_counts_and_shares(adata: ad.AnnData) -> None:
    table = scgsfm.get.coverage(adata, SETS)
    assert table["n_detected"].columns.tolist() == ["a", "b/c"]
    np.testing.assert_array_equal(table["n_detected"], [[2, 0], [0, 3], [0, 0]])
    np.testing.assert_allclose(table["share"], [[2 / 3, 0], [0, 3 / 4], [0, 0]])
    assert table.index.equals(adata.obs_names)


@pytest.mark.parametrize("make", [np.asarray, sparse.csc_matrix])
def test_same_for_arrays_and_blocks(adata: ad.AnnData, make: type) -> None:
    other = ad.AnnData(make(adata.X.toarray()), var=adata.var)
    pd.testing.assert_frame_equal(scgsfm.get.coverage(other, SETS, block_size=1), scgsfm.get.coverage(adata, SETS))


def test_weights_do_not_count(adata: ad.AnnData) -> None:
    table = scgsfm.get.coverage(adata, {"a": {"CD3D": 0.5, "CD2": -2.0}})
    np.testing.assert_array_equal(table["n_detected"]["a"], [1, 0, 0])


def test_scaled_data_raise(adata: ad.AnnData) -> None:
    adata.X = adata.X.toarray() - 0.5
    with pytest.raises(ValueError, match="negative values"):
        scgsfm.get.coverage(adata, SETS)


def test_cells_without_genes() -> None:
    with pytest.raises(scgsfm.errors.GeneMatchError, match="among the 0 genes given"):
        scgsfm.get.coverage(ad.AnnData(np.zeros((2, 0))), {"A": ["CD3D", "CD3E"]})
