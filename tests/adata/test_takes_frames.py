"""Tables of cells × genes as the input of functions on cells, which then return tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import scgsfm
from scgsfm.errors import GeneMatchError

if TYPE_CHECKING:
    from collections.abc import Callable

    from anndata import AnnData

SETS = {"T/NK": ["CD3D", "CD3E", "CD2"], "B": ["CD79A", "MS4A1", "CD79B"]}


@pytest.fixture(scope="module")
def cells() -> AnnData:
    return scgsfm.datasets.pbmc()[::20].copy()


@pytest.fixture(scope="module")
def table(cells: AnnData) -> pd.DataFrame:
    return cells.to_df()


def test_scores(cells: AnnData, table: pd.DataFrame, caplog: pytest.LogCaptureFixture) -> None:
    adata = cells.copy()
    scgsfm.tl.score(adata, SETS)
    caplog.clear()
    found = scgsfm.tl.score(table, SETS)
    pd.testing.assert_frame_equal(found, scgsfm.get.scores(adata))
    assert list(found) == list(SETS)
    assert caplog.messages == ["computed 'score_aucell' (2 sets; 100 % of genes matched)"]


def test_several_methods(cells: AnnData, table: pd.DataFrame) -> None:
    adata = cells.copy()
    scgsfm.tl.score(adata, SETS, method=["ulm", "mean"])
    found = scgsfm.tl.score(table, SETS, method=["ulm", "mean"])
    assert found.columns.names == ["method", "set"]
    pd.testing.assert_frame_equal(found["mean"], scgsfm.get.scores(adata, "mean"), check_names=False)


def test_embedding(cells: AnnData, table: pd.DataFrame) -> None:
    adata = cells.copy()
    scgsfm.tl.embed_cells(adata)
    found = scgsfm.tl.embed_cells(table)
    np.testing.assert_allclose(found.to_numpy(), adata.obsm["X_gsfm"], rtol=1e-5)
    assert found.index.equals(table.index)
    assert found.columns[0] == "gsfm_0"


def test_cell_types(cells: AnnData, table: pd.DataFrame) -> None:
    adata = cells.copy()
    scgsfm.tl.annotate(adata, markers="pbmc_markers")
    found = scgsfm.tl.annotate(table, markers="pbmc_markers")
    assert list(found) == ["annotation", "annotation_candidate", "annotation_confidence"]
    assert found["annotation"].astype(str).tolist() == adata.obs["annotation"].astype(str).tolist()


def test_drug_scores(cells: AnnData, table: pd.DataFrame) -> None:
    adata, compounds = cells.copy(), ["vorinostat", "bortezomib"]
    scgsfm.tl.drug_scores(adata, compounds)
    found = scgsfm.tl.drug_scores(table, compounds)
    np.testing.assert_allclose(found.to_numpy(), adata.obsm["drugs_bundled"].to_numpy())
    assert list(found) == compounds


@pytest.mark.parametrize("kind", ["sparse", "nullable", "numbers as index"])
def test_kinds_of_tables(table: pd.DataFrame, kind: str) -> None:
    expected = scgsfm.tl.score(table, SETS)
    given = {
        "sparse": lambda: table.astype(pd.SparseDtype(np.float32, 0.0)),
        "nullable": lambda: table.astype("Float32"),
        "numbers as index": lambda: table.set_axis(np.arange(len(table)), axis=0),
    }[kind]()
    found = scgsfm.tl.score(given, SETS)
    np.testing.assert_allclose(found.to_numpy(), expected.to_numpy())
    assert found.index.equals(given.index)


REFUSED: dict[str, tuple[type[Exception], str, Callable[[pd.DataFrame], Any]]] = {
    "copy": (ValueError, "`copy` requires AnnData", lambda df: scgsfm.tl.score(df, SETS, copy=True)),
    "key": (ValueError, "`key_added` requires AnnData", lambda df: scgsfm.tl.embed_cells(df, key_added="x")),
    "groups": (ValueError, "`groupby` requires AnnData", lambda df: scgsfm.tl.annotate(df, groupby="x")),
    "text": (TypeError, "no numbers: 'cell type'", lambda df: scgsfm.tl.score(df.assign(**{"cell type": "B"}), SETS)),
    "genes as rows": (
        GeneMatchError,
        r"rows of the table are genes.*`adata\.T`",
        lambda df: scgsfm.tl.score(df.T, SETS),
    ),
    "other function": (TypeError, "must be AnnData, but is of type DataFrame", scgsfm.tl.embed_genes),
    "phenotypes": (TypeError, "must be AnnData, but is of type DataFrame", scgsfm.tl.phenotypes),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_tables_can_not_have(table: pd.DataFrame, case: str) -> None:
    error, message, call = REFUSED[case]
    with pytest.raises(error, match=message):
        call(table.iloc[:, :4000] if case == "genes as rows" else table)
