import anndata as ad
import dropout
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import scgsfm


def test_markers_are_sets_of_the_library() -> None:
    assert set(dropout.MARKERS.values()) <= set(scgsfm.datasets.library("pbmc_markers"))
    assert set(dropout.MARKERS) == set(scgsfm.datasets.pbmc().obs["cell_type"])


def test_thinning_keeps_the_share() -> None:
    counts = sparse.csr_matrix(np.random.default_rng(0).poisson(2.0, (200, 300)).astype(np.float32))
    adata = ad.AnnData(counts)
    kept = dropout.thinned(adata, 0.1, np.random.default_rng(1))
    detected = (kept.X > 0).sum() / (counts > 0).sum()
    expected = (1 - np.exp(-0.2)) / (1 - np.exp(-2.0))
    assert detected == pytest.approx(expected, rel=0.05)
    np.testing.assert_allclose(np.expm1(kept.X).sum(1), 1e4, rtol=1e-4)
    assert (counts != adata.X).nnz == 0


def test_cuts() -> None:
    sets = {"A": list("abcdefgh"), "B": list("xyz")}
    found = list(dropout.cuts(sets, 4, np.random.default_rng(0)))
    assert [genes for kind, _, _, genes in found if kind == "whole"] == list(sets.values())
    cut = [genes for kind, _, cell_type, genes in found if kind == "5 genes" and cell_type == "A"]
    assert [len(set(genes)) for genes in cut] == [5] * 4
    assert all(set(genes) <= set(sets["A"]) for genes in cut)
    assert len(set(map(frozenset, cut))) > 1
    assert sum(len(genes) == 3 for *_, genes in found) == 5


def test_summary_is_over_draws_of_the_mean_over_types() -> None:
    rows = [
        ("whole", "3%", thinning, 0, cell_type, method, auroc)
        for method, values in {"aucell": [[0.5, 0.7], [0.6, 0.8]], "gsfm": [[0.6, 0.8], [0.8, 1.0]]}.items()
        for thinning, of_types in enumerate(values)
        for cell_type, auroc in zip("AB", of_types, strict=True)
    ]
    columns = ["sets", "counts", "thinning", "cut", "cell_type", "method", "auroc"]
    found = dropout.summary(pd.DataFrame(rows, columns=columns)).set_index("method")
    assert found["auroc"].to_dict() == pytest.approx({"aucell": 0.65, "gsfm": 0.8, "difference": 0.15})
    assert found.loc["difference", ["low", "high"]].tolist() == pytest.approx([0.1025, 0.1975])
    assert (found["runs"] == 2).all()
