from __future__ import annotations

from typing import TYPE_CHECKING

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import scgsfm
from scgsfm._adata import gene_names
from scgsfm.errors import GeneMatchError, GeneMatchWarning

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from anndata import AnnData

NAMES = ["CD4", "SEPT9", "CD20", "CAP", "ENSG00000153563.15", "peak_1", "SEPTIN9", "XIST"]
SYMBOLS = ["CD4", "SEPTIN9", "MS4A1", "", "CD8A", "", "SEPTIN9", "XIST"]


def data(names: list[str] = NAMES, **var: Any) -> AnnData:
    return ad.AnnData(sp.csr_matrix((3, len(names)), dtype=np.float32), var=pd.DataFrame(var, index=list(names)))


def test_writes_symbols_status_and_parameters() -> None:
    adata = data()
    assert scgsfm.pp.resolve_genes(adata) is None
    assert adata.var["scgsfm_symbol"].tolist() == SYMBOLS
    status = adata.var["scgsfm_status"]
    assert isinstance(status.dtype, pd.CategoricalDtype)
    expected = ["approved", "previous", "previous", "ambiguous", "ensembl", "unknown", "approved", "approved"]
    assert status.tolist() == expected

    kept = adata.uns["scgsfm"]["resolve_genes"]
    assert kept["share"] == 6 / 8
    assert (kept["n_genes"], kept["n_matched"], kept["n_duplicates"], kept["n_protein_coding"]) == (8, 6, 1, 4)
    assert kept["organism"] == "human"
    assert kept["counts"]["previous"] == 2
    assert kept["versions"]["NCBI Gene"] == "2020-09"


def test_mouse() -> None:
    adata = data(["Cd4", "Ptprc", "Gm4924", "mt-Co1"])
    scgsfm.pp.resolve_genes(adata)
    assert adata.var["scgsfm_symbol"].tolist() == ["CD4", "PTPRC", "", "MT-CO1"]
    assert adata.uns["scgsfm"]["resolve_genes"]["organism"] == "mouse"


def test_kind_of_orthology(caplog: pytest.LogCaptureFixture) -> None:
    adata = data(["tp53", "sox9a", "sox9b", "nonsense"])
    with caplog.at_level("INFO", logger="scgsfm"):
        scgsfm.pp.resolve_genes(adata, organism="zebrafish")
    assert adata.var["scgsfm_symbol"].tolist() == ["TP53", "SOX9", "SOX9", ""]
    kinds = adata.var["scgsfm_orthology"]
    assert kinds.isna().tolist() == [False, False, False, True]
    assert kinds.tolist()[:3] == ["one-to-one", "many-to-one", "many-to-one"]
    assert adata.uns["scgsfm"]["resolve_genes"]["orthologs"] == {"one-to-one": 1, "many-to-one": 2}
    assert "33% of the orthologs are one-to-one" in caplog.text
    adata.var_names = ["TP53", "SOX9", "CD4", "nonsense"]
    scgsfm.pp.resolve_genes(adata)
    assert "scgsfm_orthology" not in adata.var, "the column of the replaced result"


@pytest.mark.parametrize("names", [NAMES, ["Cd4", "Ptprc", "Gm4924", "mt-Co1"]], ids=["human", "mouse"])
@pytest.mark.parametrize("ending", ["h5ad", "zarr"])
def test_round_trip(tmp_path: Path, ending: str, names: list[str]) -> None:
    adata = data(names)
    scgsfm.pp.resolve_genes(adata)
    path = tmp_path / f"data.{ending}"
    getattr(adata, f"write_{ending}")(path)
    back = getattr(ad, f"read_{ending}")(path)
    pd.testing.assert_frame_equal(back.var, adata.var, check_dtype=False, check_index_type=False)
    assert back.uns["scgsfm"]["resolve_genes"] == adata.uns["scgsfm"]["resolve_genes"]


def test_backed(tmp_path: Path) -> None:
    data().write_h5ad(tmp_path / "data.h5ad")
    adata = ad.read_h5ad(tmp_path / "data.h5ad", backed="r")
    scgsfm.pp.resolve_genes(adata)
    assert adata.var["scgsfm_symbol"].tolist() == SYMBOLS


def test_copy_and_key_added() -> None:
    adata = data()
    result = scgsfm.pp.resolve_genes(adata, key_added="hgnc", copy=True)
    assert result.var["hgnc_symbol"].tolist() == SYMBOLS
    assert "hgnc_status" in result.var
    assert list(result.uns["scgsfm"]) == ["hgnc"]
    assert adata.var.empty
    assert not adata.uns


def test_names_in_a_column() -> None:
    ids = [f"feature_{i}" for i in range(len(NAMES))]
    for column in ("gene_symbols", "feature_name"):
        adata = data(ids, **{column: pd.Categorical(NAMES)})
        scgsfm.pp.resolve_genes(adata)  # found by itself
        assert adata.var["scgsfm_symbol"].tolist() == SYMBOLS
    adata = data(ids, mine=pd.array(NAMES, dtype="string"))
    scgsfm.pp.resolve_genes(adata, gene_symbols="mine")
    assert adata.var["scgsfm_symbol"].tolist() == SYMBOLS
    assert adata.uns["scgsfm"]["resolve_genes"]["params"]["gene_symbols"] == "mine"


def test_var_names_that_are_genes_are_kept() -> None:
    adata = data(["ENSG00000010610", "ENSG00000153563"], gene_symbols=["CD4", "CD8A"])
    assert gene_names(adata, gene_symbols=None, use_raw=False).tolist() == ["ENSG00000010610", "ENSG00000153563"]
    # names of another species are no reason to leave the var_names
    adata = data(["FBgn0001", "FBgn0002", "FBgn0003"], gene_symbols=["Sod1", "white", "yellow"])
    assert gene_names(adata, gene_symbols=None, use_raw=False).tolist() == list(adata.var_names)


def test_raw() -> None:
    adata = data()
    adata.raw = adata
    adata = adata[:, :2].copy()
    scgsfm.pp.resolve_genes(adata, use_raw=True)
    assert adata.raw.var["scgsfm_symbol"].tolist() == SYMBOLS
    assert "scgsfm_symbol" not in adata.var


def test_bad_arguments() -> None:
    adata = data(here=["x"] * len(NAMES))
    with pytest.raises(ValueError, match=r"`gene_symbols='nowhere'` is not a column of `.var`, which has: 'here'"):
        scgsfm.pp.resolve_genes(adata, gene_symbols="nowhere")
    with pytest.raises(ValueError, match="has no `.raw`"):
        scgsfm.pp.resolve_genes(adata, use_raw=True)


def test_unrecognized_names() -> None:
    with pytest.warns(GeneMatchWarning, match="2 of 5 genes of the data"):
        scgsfm.pp.resolve_genes(data(["CD4", "CD8A", "x1", "x2", "x3"]))
    adata = data([str(i) for i in range(10)])
    with pytest.raises(GeneMatchError, match="expected, for example: 'CD4'"):
        scgsfm.pp.resolve_genes(adata)
    assert adata.var.empty
