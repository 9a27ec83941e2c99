from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import anndata as ad
import numpy as np
from scipy.sparse import issparse

from scgsfm.datasets import pbmc


def test_cells_counts_and_labels() -> None:
    adata = pbmc()
    assert adata.shape == (700, 14135)
    counts = adata.obs["cell_type"].value_counts()
    assert counts.to_dict() == {
        "Naive CD4 T": 176,
        "Memory CD4 T": 122,
        "CD14+ Mono": 121,
        "B": 87,
        "CD8 T": 68,
        "FCGR3A+ Mono": 41,
        "NK": 39,
        "DC": 32,
        "Platelet": 14,
    }
    assert adata.obs["cell_type"].dtype == "category"
    assert adata.obs_names.is_unique
    assert adata.var_names.is_unique


def test_raw_counts() -> None:
    matrix = pbmc().X
    assert issparse(matrix)
    assert matrix.format == "csr"
    assert matrix.dtype == np.float32
    assert (matrix.data >= 1).all()
    assert (matrix.data == np.round(matrix.data)).all()
    assert (matrix > 0).sum(axis=0).min() >= 1
    assert np.median(np.asarray(matrix.sum(axis=1)).ravel()) > 1500


def test_labels_match_the_cells() -> None:
    adata = pbmc()
    markers = {"B": "MS4A1", "NK": "GNLY", "Platelet": "PPBP", "CD14+ Mono": "S100A8", "DC": "FCER1A"}
    share = adata.to_df().div(np.asarray(adata.X.sum(axis=1)).ravel(), axis=0)
    means = share[list(markers.values())].groupby(adata.obs["cell_type"], observed=True).mean()
    assert {label: means[gene].idxmax() for label, gene in markers.items()} == {label: label for label in markers}


def test_source_license_and_size() -> None:
    adata = pbmc()
    assert "10x Genomics" in adata.uns["source"]
    assert adata.uns["licence"] == "CC BY 4.0"
    assert Path(str(files("scgsfm") / "data" / "pbmc.h5ad")).stat().st_size <= 1_500_000


def test_each_call_returns_a_new_object_that_can_be_written(tmp_path: Path) -> None:
    first = pbmc()
    first.obs["cell_type"] = "changed"
    again = pbmc()
    assert again.obs["cell_type"].nunique() == 9
    again.write_h5ad(tmp_path / "again.h5ad")
    back = ad.read_h5ad(tmp_path / "again.h5ad")
    assert (back.X != again.X).nnz == 0
    assert back.uns["source"] == again.uns["source"]
