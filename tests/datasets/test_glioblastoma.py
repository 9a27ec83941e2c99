from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np

from scgsfm.datasets import glioblastoma
from scgsfm.genes import resolve


def test_cells_counts_and_labels() -> None:
    adata = glioblastoma()
    assert adata.shape == (1500, 300)
    assert set(adata.obs.groupby(["patient", "treatment"], observed=True).size()) == {150}
    assert adata.obs["sample"].nunique() == 10
    assert adata.obs_names.is_unique
    assert adata.var_names.is_unique
    assert resolve(adata.var_names).share > 0.95
    assert adata.X.dtype == np.float32
    assert (adata.X.data == np.round(adata.X.data)).all()


def test_labels_match_the_cells() -> None:
    adata = glioblastoma()
    share = adata.to_df().div(np.asarray(adata.X.sum(axis=1)).ravel(), axis=0)
    means = share.groupby([adata.obs["patient"], adata.obs["treatment"]], observed=True).mean()
    # inhibitors of histone deacetylases raise metallothioneins in each patient
    treated, vehicle = (means.xs(name, level="treatment") for name in ("panobinostat", "vehicle"))
    assert (treated["MT2A"] > vehicle["MT2A"]).all()


def test_source_license_and_size() -> None:
    adata = glioblastoma()
    assert "GSE148842" in adata.uns["source"]
    assert "MIT" in adata.uns["licence"]
    assert Path(str(files("scgsfm") / "data" / "glioblastoma.h5ad")).stat().st_size <= 700_000
