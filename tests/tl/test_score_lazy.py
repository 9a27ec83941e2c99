"""``tl.score`` on data that are read when they are needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import scgsfm

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import LinearModel

SETS = {"T/NK": ["CD3D", "CD3E", "CD2", "NKG7"], "B": ["CD79A", "CD79B", "MS4A1"]}


@pytest.fixture
def adata(counts: np.ndarray, linear_model: LinearModel) -> ad.AnnData:
    names = [*linear_model.symbols, *(f"peak{i}" for i in range(60 - len(linear_model.symbols)))]
    var = pd.DataFrame({"feature_name": names, "used": np.arange(60) < 40}, index=[f"x{i}" for i in range(60)])
    layers = {"csc": sparse.csc_matrix(counts), "dense": counts}
    return ad.AnnData(sparse.csr_matrix(counts), var=var, layers=layers)


@pytest.fixture(params=["h5ad", "zarr"])
def read_lazy(request: pytest.FixtureRequest, adata: ad.AnnData, tmp_path: Path) -> Callable[[], ad.AnnData]:
    pytest.importorskip("xarray")
    if not hasattr(ad.experimental, "read_lazy"):
        pytest.skip("anndata before 0.12")
    path = tmp_path / f"cells.{request.param}"
    getattr(adata, f"write_{request.param}")(path)
    return lambda: ad.experimental.read_lazy(path)


def in_chunks(adata: ad.AnnData) -> ad.AnnData:
    """The same cells with X as a dask array."""
    da = pytest.importorskip("dask.array")
    x = da.from_array(adata.X.toarray(), chunks=(5, 25)).map_blocks(sparse.csr_matrix)
    return ad.AnnData(x, obs=adata.obs, var=adata.var)


@pytest.mark.parametrize("layer", [None, "csc", "dense"])
def test_read_lazy(adata: ad.AnnData, read_lazy: Callable[[], ad.AnnData], layer: str | None) -> None:
    options: dict[str, Any] = {"layer": layer, "mask_var": "used", "gene_symbols": "feature_name"}
    options["method"] = ["aucell", "ulm"]
    lazy = read_lazy()
    scgsfm.tl.score(lazy, SETS, **options)
    scgsfm.tl.score(adata, SETS, **options)
    assert set(lazy.obsm) == set(adata.obsm) == {"score_aucell", "score_ulm", "padj_ulm"}
    for key in adata.obsm:
        pd.testing.assert_frame_equal(lazy.obsm[key], adata.obsm[key], check_names=False)


def test_read_lazy_without_computing(adata: ad.AnnData, read_lazy: Callable[[], ad.AnnData]) -> None:
    lazy = read_lazy()
    for data, compute in ((lazy, False), (adata, True)):
        scgsfm.tl.score(data, SETS, gene_symbols="feature_name", compute=compute)
    pd.testing.assert_frame_equal(scgsfm.get.scores(lazy), scgsfm.get.scores(adata), check_names=False)


def test_dask_scores_without_computing(adata: ad.AnnData) -> None:
    lazy = in_chunks(adata)
    options = {"method": ["aucell", "ulm"], "gene_symbols": "feature_name"}
    scgsfm.tl.score(lazy, SETS, **options, compute=False)
    scgsfm.tl.score(adata, SETS, **options)
    for key, table in adata.obsm.items():
        assert lazy.obsm[key].chunks == ((5, 5, 5, 5, 3), (2,))
        assert lazy.obsm[key].dtype == np.float64
        np.testing.assert_array_equal(lazy.obsm[key].compute(), table)
    assert list(scgsfm.get.scores(lazy)) == list(SETS)
    np.testing.assert_array_equal(lazy.uns["scgsfm"]["score_ulm"]["n_found"], [4, 3])


def test_nothing_is_read_before_it_is_needed(adata: ad.AnnData) -> None:
    da = pytest.importorskip("dask.array")
    read = []
    x = da.from_array(adata.X.toarray(), chunks=(5, -1))
    x = x.map_blocks(lambda chunk: read.append(1) or chunk, dtype=x.dtype, meta=np.empty((0, 0)))
    lazy = ad.AnnData(x, var=adata.var)
    scgsfm.tl.score(lazy, SETS, method="aucell", gene_symbols="feature_name", compute=False)
    assert not read
    lazy.obsm["score_aucell"][:5].compute()
    assert len(read) == 1
    scgsfm.tl.score(lazy, SETS, method="mean", gene_symbols="feature_name", compute=False, log_normalize=False)
    assert len(read) == 1
    scgsfm.tl.score(lazy, SETS, method="mean", gene_symbols="feature_name", compute=False)
    assert len(read) > 1, "the first cells show whether the values are counts"


@pytest.mark.parametrize("store", ["h5ad", "zarr"])
def test_lazy_results_survive_storage(adata: ad.AnnData, tmp_path: Path, store: str) -> None:
    lazy = in_chunks(adata)
    scgsfm.tl.score(lazy, SETS, gene_symbols="feature_name", compute=False)
    getattr(lazy, f"write_{store}")(tmp_path / f"x.{store}")
    back = getattr(ad, f"read_{store}")(tmp_path / f"x.{store}")
    scgsfm.tl.score(adata, SETS, gene_symbols="feature_name")
    pd.testing.assert_frame_equal(scgsfm.get.scores(back), scgsfm.get.scores(adata), check_names=False)


def test_compute_false_requires_dask(adata: ad.AnnData) -> None:
    with pytest.raises(ValueError, match="`compute=False` needs a dask array, but the matrix is a csr_matrix"):
        scgsfm.tl.score(adata, SETS, gene_symbols="feature_name", compute=False)
