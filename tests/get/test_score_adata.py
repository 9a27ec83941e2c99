from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd
import pytest

import scgsfm

SETS = {"T/NK": ["CD3D", "NKG7"], "B": ["CD79A"], "Mono": ["LYZ"]}


@pytest.fixture
def adata() -> ad.AnnData:
    x = np.random.default_rng(0).poisson(1.0, (12, 4)).astype(np.float32)
    adata = ad.AnnData(x, var=pd.DataFrame(index=["CD3D", "NKG7", "CD79A", "LYZ"]))
    adata.obs["cell_type"] = pd.Categorical(["a", "b", "c"] * 4)
    adata.obsm["X_umap"] = x[:, :2]
    adata.uns["cell_type_colors"] = ["red", "green", "blue"]
    scgsfm.tl.score(adata, SETS, method="sum")
    return adata


def test_scores_and_cells(adata: ad.AnnData) -> None:
    found = scgsfm.get.score_adata(adata, "sum")
    np.testing.assert_allclose(found.X[:, 0], adata.X[:, :2].sum(axis=1))
    np.testing.assert_allclose(found.X[:, 1:], adata.X[:, 2:])
    assert found.var_names.tolist() == list(SETS)
    assert found.obs.equals(adata.obs)
    np.testing.assert_array_equal(found.obsm["X_umap"], adata.obsm["X_umap"])
    assert list(found.uns["cell_type_colors"]) == ["red", "green", "blue"]


def test_result_is_independent_of_the_data(adata: ad.AnnData) -> None:
    found = scgsfm.get.score_adata(adata, "sum")
    found.obs["new"] = 1
    found.obsm["new"] = found.X
    found.uns["new"] = 1
    assert "new" not in {*adata.obs, *adata.obsm, *adata.uns}


def test_works_with_scanpy(adata: ad.AnnData) -> None:
    import scanpy as sc

    found = scgsfm.get.score_adata(adata, "sum")
    means = sc.get.aggregate(found, by="cell_type", func="mean").layers["mean"]
    np.testing.assert_allclose(means[1], found.X[1::3].mean(axis=0))


def test_selected_sets(adata: ad.AnnData) -> None:
    assert scgsfm.get.score_adata(adata, "sum", sets=["Mono", "T/NK"]).var_names.tolist() == ["Mono", "T/NK"]
    assert scgsfm.get.score_adata(adata, "sum", sets="B").n_vars == 1
    with pytest.raises(KeyError, match="No set 'mono' was scored. There are 3: .*Did you mean 'Mono'"):
        scgsfm.get.score_adata(adata, "sum", sets=["B", "mono"])
    with pytest.raises(KeyError, match="score_aucell"):
        scgsfm.get.score_adata(adata)
