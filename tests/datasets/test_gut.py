from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
from scipy.sparse import issparse

from scgsfm.datasets import gut
from scgsfm.genes import resolve


def test_cells_counts_and_labels() -> None:
    adata = gut()
    assert adata.shape == (300, 13729)
    assert adata.obs["cell_type"].value_counts().to_dict() == {
        **dict.fromkeys(
            ["Endothelial cell", "Enterocyte", "Enteroendocrine cell", "Fibroblast", "Macrophage", "T cell"], 40
        ),
        "B cell": 30,
        "Myofibroblast": 30,
    }
    assert set(adata.obs["part"]) == {"ileum", "colon"}
    assert adata.obs_names.is_unique
    assert adata.var_names.is_unique
    assert resolve(adata.var_names).share > 0.9


def test_raw_counts() -> None:
    matrix = gut().X
    assert issparse(matrix)
    assert matrix.dtype == np.float32
    assert (matrix.data >= 1).all()
    assert (matrix.data == np.round(matrix.data)).all()
    assert (matrix > 0).sum(axis=0).min() >= 2


def test_labels_match_the_cells() -> None:
    adata = gut()
    markers = {
        "B cell": "MS4A1", "Endothelial cell": "VWF", "Enterocyte": "FABP1", "Enteroendocrine cell": "CHGA",
        "Fibroblast": "PDGFRA", "Macrophage": "C1QB", "Myofibroblast": "ACTG2", "T cell": "CD3D",
    }  # fmt: skip
    share = adata.to_df().div(np.asarray(adata.X.sum(axis=1)).ravel(), axis=0)
    means = share[list(markers.values())].groupby(adata.obs["cell_type"], observed=True).mean()
    assert {label: means[gene].idxmax() for label, gene in markers.items()} == {label: label for label in markers}


def test_source_license_and_size() -> None:
    adata = gut()
    assert "Kong" in adata.uns["source"]
    assert adata.uns["licence"] == "CC BY 4.0"
    assert Path(str(files("scgsfm") / "data" / "gut.h5ad")).stat().st_size <= 1_000_000
