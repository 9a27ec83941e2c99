"""A small data set whose names try to be HTML, and a page on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from scgsfm.explorer import OwnData, Workspace

if TYPE_CHECKING:
    from collections.abc import Callable

EVIL = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
GENES = (
    *("CD3D", "CD3E", "CD3G", "CD2", "CD8A", "CD4", "LCK", "ZAP70", "CD79A", "CD79B", "MS4A1", "CD19", "LYZ"),
    *("S100A8", "S100A9", "CD14", "NKG7", "GNLY", "PRF1", "GZMB", "ACTB", "GAPDH", "MALAT1", "PPBP", "PF4"),
)
LIBRARY = {
    "T cells": ["CD3D", "CD3E", "CD3G", "CD2", "LCK"],
    "B cells": ["CD79A", "CD79B", "MS4A1", "CD19", "CD4"],
    EVIL: ["S100A8", "S100A9", "LYZ", "CD14", "NKG7"],
}


@pytest.fixture
def make_cells() -> Callable[[int], ad.AnnData]:
    """Counts of cells in two groups, of six donors and two conditions, with an embedding."""

    def make(n: int) -> ad.AnnData:
        rng = np.random.default_rng(0)
        is_b = np.arange(n) // 6 % 3 == 0
        rates = np.full((n, len(GENES)), 0.4)
        rates[:, :4] += 3 * ~is_b[:, None]
        rates[:, 8:12] += 3 * is_b[:, None]
        adata = ad.AnnData(
            sparse.csr_matrix(rng.poisson(rates).astype(np.float32)), var=pd.DataFrame(index=list(GENES))
        )
        adata.obs_names = [f"cell {i}" for i in range(n)]
        adata.obs["cell_type"] = pd.Categorical(np.where(is_b, EVIL, "T"))
        adata.obs["donor"] = [f"d{i % 6}" for i in range(n)]
        adata.obs["condition"] = ["treated" if i % 6 < 3 else "control" for i in range(n)]
        adata.obs["total"] = np.asarray(adata.X.sum(axis=1)).ravel()
        adata.obsm["X_umap"] = rng.normal(size=(n, 2)) + 6 * is_b[:, None]
        return adata

    return make


@pytest.fixture
def cells(make_cells: Callable[[int], ad.AnnData]) -> ad.AnnData:
    return make_cells(240)


@pytest.fixture
def work(cells: ad.AnnData, linear_model: Any) -> Workspace:
    return Workspace(OwnData.of(cells), libraries={"types": LIBRARY}, model=linear_model)
