from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest

from scgsfm._adata import check_anndata, groups


@pytest.fixture
def adata() -> ad.AnnData:
    return ad.AnnData(np.ones((6, 3), np.float32))


def test_tells_what_it_is_and_what_to_pass(adata: ad.AnnData) -> None:
    given: list[tuple[Any, str]] = [
        (SimpleNamespace(mod={"prot": adata, "rna": adata}), r"mdata\['rna'\].*'prot', 'rna'"),
        (SimpleNamespace(tables={"table": adata}), r"sdata\['table'\]"),
        (adata.to_df(), r"of type DataFrame.*anndata\.AnnData\("),
        (adata.X, r"of type ndarray.*anndata\.AnnData\("),
        ("cells.h5ad", r"the path 'cells.h5ad'.*anndata\.read_h5ad\('cells.h5ad'\)"),
        (Path("cells.h5ad"), r"anndata\.read_h5ad\('cells.h5ad'\)"),
        (None, r"`data` must be AnnData, but is None"),
    ]
    for value, message in given:
        with pytest.raises(TypeError, match=message):
            check_anndata(value, argument="data")


def test_no_cells_or_no_genes(adata: ad.AnnData) -> None:
    with pytest.raises(ValueError, match="0 cells and 3 genes"):
        check_anndata(adata[:0])
    with pytest.raises(ValueError, match="6 cells and 0 genes"):
        check_anndata(adata[:, :0])


def test_backed_data_that_can_not_be_written_to(adata: ad.AnnData, tmp_path: Path) -> None:
    adata.write_h5ad(tmp_path / "x.h5ad")
    backed = ad.read_h5ad(tmp_path / "x.h5ad", backed="r")
    check_anndata(backed)
    check_anndata(backed[:2], writes=False)
    for cells, copy in ((backed[:2], False), (backed, True), (backed[:2], True)):
        with pytest.raises(ValueError, match=r"backed data, which can't be copied.*to_memory\(\)"):
            check_anndata(cells, copy=copy)
    check_anndata(backed[:2].to_memory(), copy=True)
    backed.file.close()


@pytest.mark.parametrize(
    ("column", "labels"),
    [
        ([0, 1, 10, 1, 2, 0], ["0", "1", "2", "10"]),
        ([True, False, True, True, False, True], ["False", "True"]),
        ([1.0, np.nan, 2.0, 1.0, 2.0, 1.0], ["1", "2"]),
        (pd.Categorical([2, 1, 2, 1, 2, 1], categories=[2, 1, 0]), ["2", "1"]),
        (pd.Categorical(["b", "a", None, "a", "b", "a"], categories=["b", "a", ""]), ["b", "a"]),
        (pd.array([1, None, 2, 1, 2, 1], dtype="Int64"), ["1", "2"]),
        (pd.Series([1, "1", "b", 1, "b", "b"], dtype=object).to_numpy(), ["1", "b"]),
    ],
)
def test_groups_are_strings(adata: ad.AnnData, column: Any, labels: list[str]) -> None:
    adata.obs["group"] = column
    found = groups(adata, "group")
    assert found.cat.categories.tolist() == labels
    assert found.index.equals(adata.obs_names)
    np.testing.assert_array_equal(found.isna(), pd.isna(adata.obs["group"]))


def test_columns_that_are_not_groups(adata: ad.AnnData) -> None:
    adata.obs["missing"] = np.nan
    adata.obs["empty"] = pd.Categorical([None] * 6, categories=["a"])
    adata.obs["share"] = np.linspace(0, 1, 6)
    for name, message in (("missing", "all 6 values are missing"), ("empty", "missing"), ("share", "such as 0.2")):
        with pytest.raises(ValueError, match=message):
            groups(adata, name)
    with pytest.raises(ValueError, match=r"not a column of `obs`.*Did you mean 'share'"):
        groups(adata, "shares")
    many = ad.AnnData(
        np.ones((200, 2), np.float32), obs=pd.DataFrame({"n_counts": np.arange(200)}, index=map(str, range(200)))
    )
    with pytest.raises(ValueError, match="200 different ones in 200 cells"):
        groups(many, "n_counts")
    with pytest.raises(TypeError, match="name of a column"):
        groups(adata, ["share"])  # type: ignore[arg-type]
