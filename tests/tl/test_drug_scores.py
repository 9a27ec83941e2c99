from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import scanpy as sc

import scgsfm
from scgsfm import tl
from scgsfm.drugs import compound_sets, open_signatures

if TYPE_CHECKING:
    import anndata as ad


@pytest.fixture(scope="module")
def pbmc() -> ad.AnnData:
    adata = scgsfm.datasets.pbmc()
    sc.pp.normalize_total(adata, target_sum=1e4)
    sc.pp.log1p(adata)
    return adata


def test_scores_are_those_of_the_signed_sets(pbmc: ad.AnnData) -> None:
    names = ["vorinostat", "DB00188", "camptothecin"]
    out = tl.drug_scores(pbmc, names, copy=True)
    scores, padj = out.obsm["drugs_bundled"], out.obsm["padj_drugs_bundled"]
    assert scores.columns.tolist() == ["vorinostat", "bortezomib", "camptothecin"]
    tl.score(out, compound_sets(open_signatures(), names), method="ulm")
    np.testing.assert_allclose(scores, out.obsm["score_ulm"])
    np.testing.assert_allclose(padj, out.obsm["padj_ulm"])
    assert out.uns["scgsfm"]["drugs_bundled"]["index"]["name"] == "bundled"
    tl.drug_scores(out, ["vorinostat"])  # replaces its own result
    assert out.obsm["drugs_bundled"].shape == (700, 1)


def test_mean_signatures_have_unit_lengths() -> None:
    rows = [("a", "L1", "TP53", 3), ("a", "L1", "MYC", -4), ("a", "L2", "TP53", 1), ("b", "L1", "MYC", 2)]
    index = open_signatures(pd.DataFrame(rows, columns=["compound", "cell", "gene", "weight"]))
    table = compound_sets(index, ["a", "b"]).set_index(["source", "target"])["weight"]
    np.testing.assert_allclose(table["a"][["MYC", "TP53"]], [-0.4, 0.8])
    np.testing.assert_allclose(table["b"], [1])


def test_errors(pbmc: ad.AnnData) -> None:
    with pytest.raises(KeyError, match="vorinostat"):
        tl.drug_scores(pbmc, ["vorinostaat"])
    with pytest.raises(ValueError, match="empty"):
        tl.drug_scores(pbmc, [])
    with pytest.raises(ValueError, match="method"):
        tl.drug_scores(pbmc, "vorinostat", method="aucell")  # type: ignore[arg-type]
