from __future__ import annotations

from typing import TYPE_CHECKING

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scanpy as sc
from scipy.sparse import csc_matrix

import scgsfm
from scgsfm import get, tl
from scgsfm.drugs import open_signatures

if TYPE_CHECKING:
    from pathlib import Path

UP = ["HMOX1", "HSPA1A", "DNAJB1", "PSMD4", "BAG3", "HSPA8", "DDIT4", "GADD45B"]
DOWN = ["CCNA2", "CCNB1", "CDC20", "AURKA", "MYC"]
COLUMNS = [
    "group", "compound", "score", "direction", "pvalue", "padj", "cosine", "connectivity", "agreement", "n_shared",
    "n_signatures", "n_agreeing", "cell", "dose", "time", "source", "mechanism", "targets", "inchikey", "drugbank",
]  # fmt: skip


@pytest.fixture(scope="module")
def treated() -> ad.AnnData:
    """Cells of which half have the signature of vorinostat."""
    index = open_signatures()
    row = index.weights[index.signatures["drugbank"].tolist().index("DB02546")].toarray().ravel()
    rng = np.random.default_rng(0)
    group = np.repeat(["vehicle", "treated"], 60)
    rate = np.exp(np.outer(group == "treated", np.clip(row / 10, -1, 1)) + rng.normal(0.5, 0.5, len(row)))
    adata = ad.AnnData(rng.poisson(rate).astype(np.float32), var=pd.DataFrame(index=index.genes.astype(str)))
    adata.obs["group"] = pd.Categorical(group)
    adata.obs_names = [f"c{i}" for i in range(120)]
    sc.pp.normalize_total(adata, target_sum=1e4)
    sc.pp.log1p(adata)
    return adata


@pytest.fixture(scope="module")
def result(treated: ad.AnnData) -> ad.AnnData:
    return tl.drugs(treated, "group", min_class=2, copy=True)


def test_the_compound_of_treated_cells_is_found(result: ad.AnnData) -> None:
    table = result.uns["drugs"]
    assert table.columns.tolist() == COLUMNS
    first = table.groupby("group", sort=False).head(1).set_index("group")
    assert first["compound"].to_dict() == {"treated": "vorinostat", "vehicle": "vorinostat"}
    assert first["direction"].to_dict() == {"treated": "mimics", "vehicle": "reverses"}
    assert first["targets"].iloc[0].startswith("HDAC1")
    assert table.groupby("group")["pvalue"].apply(lambda p: p.is_monotonic_increasing).all()
    classes = result.uns["drugs_classes"]
    own = classes[(classes["group"] == "treated") & (classes["kind"] == "target")]
    assert own.set_index("term").loc["HDAC1", "auroc"] > 0.8
    record = result.uns["scgsfm"]["drugs"]
    assert record["index"]["sources"]["lincs_consensus"]["licence"] == "CC BY 4.0"
    assert record["tables"]["ChEMBL"]["licence"] == "CC BY-SA 3.0"


def test_array_types_give_the_same_numbers(treated: ad.AnnData, result: ad.AnnData) -> None:
    other = treated.copy()
    other.X = csc_matrix(other.X)
    tl.drugs(other, "group", min_class=2)
    pd.testing.assert_frame_equal(other.uns["drugs"], result.uns["drugs"], rtol=1e-4)


@pytest.mark.parametrize("suffix", ["h5ad", "zarr"])
def test_the_result_can_be_stored(result: ad.AnnData, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"cells.{suffix}"
    getattr(result, f"write_{suffix}")(path)
    again = getattr(ad, f"read_{suffix}")(path)
    pd.testing.assert_frame_equal(again.uns["drugs"], result.uns["drugs"], check_dtype=False)
    assert again.uns["scgsfm"]["drugs"]["params"]["method"] == "cosine"


def test_lists_and_rankings() -> None:
    table = tl.drugs(up=UP, down=DOWN)
    assert table.columns.tolist() == COLUMNS
    assert "bortezomib" in table["compound"][:5].tolist()
    reverse = tl.drugs(up=DOWN, down=UP).set_index("compound")["score"]
    np.testing.assert_allclose(reverse["bortezomib"], -table.set_index("compound")["score"]["bortezomib"], atol=0.2)
    ranking = pd.Series(
        {
            **dict.fromkeys(UP, 2.0),
            **dict.fromkeys(DOWN, -2.0),
            **{g: 0.0 for g in open_signatures().genes if g not in UP + DOWN},
        }
    )
    ranked = tl.drugs(ranking)
    assert "bortezomib" in ranked["compound"][:10].tolist()
    pd.testing.assert_frame_equal(tl.drugs(up=UP, down=DOWN), table)  # the same seed


def test_levels_and_own_tables() -> None:
    rng = np.random.default_rng(0)
    genes = open_signatures().genes[:300]
    rows = [
        (f"c{i}", line, gene, rng.choice([-1, 1]))
        for i in range(20)
        for line in ("A", "B")
        for gene in rng.choice(genes, 40, replace=False)
    ]
    index = pd.DataFrame(rows, columns=["compound", "cell", "gene", "weight"])
    sizes = {
        by: len(tl.drugs(up=genes[:30], down=genes[30:60], index=index, by=by))
        for by in ("compound", "cell", "signature")
    }
    assert sizes == {"compound": 20, "cell": 40, "signature": 40}


def test_errors(treated: ad.AnnData) -> None:
    with pytest.raises(ValueError, match="either `data`, or the lists"):
        tl.drugs()
    with pytest.raises(ValueError, match="either `data`, or the lists"):
        tl.drugs(treated, up=UP)
    with pytest.raises(ValueError, match="`groupby` requires AnnData"):
        tl.drugs(groupby="group", up=UP)
    with pytest.raises(ValueError, match="`background` is for"):
        tl.drugs(treated, "group", background=UP)
    with pytest.raises(ValueError, match="method"):
        tl.drugs(up=UP, method="cosin")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="without a direction"):
        tl.drugs({"a": UP})
    with pytest.raises(TypeError, match="must be a list of gene names"):
        tl.drugs(up="TP53")
    with pytest.raises(FileNotFoundError, match="scgsfm update drugs"):
        tl.drugs(up=UP, index="nothing")
    other = treated.copy()
    other.uns["drugs"] = 1
    with pytest.raises(ValueError, match="was not written by"):
        tl.drugs(other, "group")
    with pytest.warns(UserWarning, match="left out"):
        tl.drugs(up=[*UP, "MYC"], down=DOWN)


def test_targets_are_a_library() -> None:
    assert scgsfm.GeneSets("drug_targets")["vorinostat"] == ["HDAC1", "HDAC2", "HDAC3", "HDAC6"]
    assert get.drugs(tl.drugs(up=UP, down=DOWN), table="classes")["n_compounds"].min() >= 3
