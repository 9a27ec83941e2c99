from __future__ import annotations

from typing import TYPE_CHECKING

import anndata as ad
import numpy as np
import pandas as pd
import pytest

from scgsfm.explorer import OwnData

if TYPE_CHECKING:
    from pathlib import Path


def test_matrix_is_shared_and_tables_are_copied(cells: ad.AnnData) -> None:
    own = OwnData.of(cells)
    assert np.shares_memory(own.adata.X.data, cells.X.data)
    own.adata.obs["new"] = 1
    own.adata.uns["new"] = 1
    assert "new" not in cells.obs
    assert "new" not in cells.uns


def test_groups_and_embeddings(cells: ad.AnnData) -> None:
    cells.obsm["score_aucell"] = pd.DataFrame(np.ones((cells.n_obs, 2)), index=cells.obs_names, columns=["a", "b"])
    cells.obsm["X_pca"] = np.ones((cells.n_obs, 5))
    cells.obs["barcode"] = cells.obs_names
    cells.obs["one"] = "same"
    own = OwnData.of(cells)
    assert own.group_names == ["cell_type", "donor", "condition"]
    assert own.basis_names == ["X_umap", "X_pca"]
    assert own.reference("condition") == "control"
    assert own.reference("condition", "treated") == "treated"


def test_unknown_names_are_errors(cells: ad.AnnData) -> None:
    own = OwnData.of(cells)
    with pytest.raises(ValueError, match="no embedding 'X_umpa'.*Did you mean 'X_umap'"):
        own.coordinates("X_umpa")
    with pytest.raises(ValueError, match="no groups 'celltype'.*Did you mean 'cell_type'"):
        own.grouping("celltype")


def test_data_without_groups_or_embedding(cells: ad.AnnData, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = ad.AnnData(cells.X, var=cells.var)
    own = OwnData.of(bare)
    assert (own.group_names, own.basis_names) == ([], ["UMAP (computed here)"])
    with pytest.raises(ValueError, match="No column of `obs` has 2 to 100 groups"):
        own.grouping("")
    monkeypatch.setattr("scgsfm.explorer._own_data.MAX_CELLS_TO_EMBED", 10)
    with pytest.raises(ValueError, match="no embedding in `obsm`. Compute one"):
        own.coordinates("")


def test_layer_raw_and_symbols(cells: ad.AnnData) -> None:
    cells.layers["double"] = 2 * cells.X
    cells.var["id"] = [f"g{i}" for i in range(cells.n_vars)]
    cells.raw = cells[:, :5].copy()
    assert OwnData.of(cells, layer="double").adata.X.sum() == 2 * cells.X.sum()
    assert OwnData.of(cells, use_raw=True).adata.shape == (cells.n_obs, 5)
    assert OwnData.of(cells, gene_symbols="id").adata.var_names[3] == "g3"


@pytest.mark.filterwarnings("ignore:Variable names are not unique")
def test_antibodies_are_left_out(cells: ad.AnnData) -> None:
    cells.var["feature_types"] = ["Gene Expression"] * 20 + ["Antibody Capture"] * 5
    assert OwnData.of(cells).adata.n_vars == 20


def test_backed_data_are_read(cells: ad.AnnData, tmp_path: Path) -> None:
    cells.write_h5ad(tmp_path / "cells.h5ad")
    backed = ad.read_h5ad(tmp_path / "cells.h5ad", backed="r")
    assert (OwnData.of(backed).adata.X != cells.X).nnz == 0
    backed.file.close()


def test_colors_of_scanpy_are_used(cells: ad.AnnData) -> None:
    cells.uns["condition_colors"] = ["#ff0000", "#00ff00"]
    cells.uns["cell_type_colors"] = ["#ff0000", "url(http://evil)"]
    own = OwnData.of(cells)
    assert own.colors("condition") == ["#ff0000", "#00ff00"]
    assert len(set(own.colors("donor"))) == 6
    assert "url(http://evil)" not in own.colors("cell_type")


def test_base_of_logarithms_is_used(cells: ad.AnnData) -> None:
    """Fold changes of values in other logarithms depend on it."""
    cells.uns["log1p"] = {"base": 2}
    assert OwnData.of(cells).adata.uns["log1p"] == {"base": 2}
