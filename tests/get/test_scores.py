from __future__ import annotations

from typing import TYPE_CHECKING

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import scgsfm

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import LinearModel

SETS = {"T/NK": ["CD3D", "CD3E", "NKG7"], "B": ["CD79A", "CD79B"], "T\N{DIVISION SLASH}NK": ["CD2", "LYZ"]}


@pytest.fixture
def adata(counts: np.ndarray, linear_model: LinearModel) -> ad.AnnData:
    names = [*linear_model.symbols, *(f"peak{i}" for i in range(60 - len(linear_model.symbols)))]
    return ad.AnnData(sparse.csr_matrix(counts), var=pd.DataFrame(index=names))


def test_original_names(adata: ad.AnnData) -> None:
    scgsfm.tl.score(adata, SETS)
    found = scgsfm.get.scores(adata)
    assert list(found) == list(SETS)
    assert found.index.equals(adata.obs_names)
    np.testing.assert_array_equal(found, adata.obsm["score_aucell"])
    found["B"] = 0
    assert adata.obsm["score_aucell"]["B"].any(), "a copy is returned"


@pytest.mark.parametrize("write", ["write_h5ad", "write_zarr"])
def test_after_a_round_trip(adata: ad.AnnData, tmp_path: Path, write: str) -> None:
    scgsfm.tl.score(adata, SETS, method="mean", key_added="my scores")
    getattr(adata, write)(tmp_path / "x")
    again = ad.read_h5ad(tmp_path / "x") if write == "write_h5ad" else ad.read_zarr(tmp_path / "x")
    assert list(scgsfm.get.scores(again, key="my scores")) == list(SETS)


def test_after_selecting_columns(adata: ad.AnnData) -> None:
    scgsfm.tl.score(adata, SETS)
    adata.obsm["score_aucell"] = adata.obsm["score_aucell"].iloc[:, [2, 0]]
    assert list(scgsfm.get.scores(adata)) == ["T\N{DIVISION SLASH}NK", "T/NK"]


def test_after_concatenation(adata: ad.AnnData) -> None:
    scgsfm.tl.score(adata, {name: SETS[name] for name in ("T/NK", "B")})
    both = ad.concat([adata[:5], adata[5:]])
    assert "scgsfm" not in both.uns
    assert list(scgsfm.get.scores(both)) == ["T/NK", "B"]


def test_missing_scores_raise(adata: ad.AnnData) -> None:
    with pytest.raises(KeyError, match="available scores: none.*tl.score"):
        scgsfm.get.scores(adata)
    adata.obsm["X_pca"] = np.zeros((23, 2))
    scgsfm.tl.score(adata, SETS, method="mean")
    scgsfm.tl.score(adata, SETS, key_added="mine")
    with pytest.raises(KeyError, match=r"no scores in `obsm\['score_aucell'\].*scores: 'score_mean', 'mine'\."):
        scgsfm.get.scores(adata)
