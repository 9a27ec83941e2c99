from __future__ import annotations

import warnings

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.stats import spearmanr

import scgsfm

SETS = {"a": [f"G{i}" for i in range(20)], "b": [f"G{i}" for i in range(20, 40)]}


@pytest.fixture
def adata() -> ad.AnnData:
    """60 shallow and 60 deep cells without another difference."""
    rng = np.random.default_rng(0)
    depth = np.repeat([0.3, 1.2], 60) * rng.lognormal(0, 0.3, 120)
    x = rng.poisson(depth[:, None] * np.ones((1, 200))).astype(float)
    obs = pd.DataFrame({"batch": np.repeat(["shallow", "deep"], 60)}, index=[f"c{i}" for i in range(120)])
    return ad.AnnData(sparse.csr_matrix(x), obs=obs, var=pd.DataFrame(index=[f"G{i}" for i in range(200)]))


def test_equals_spearman(adata: ad.AnnData) -> None:
    scgsfm.tl.score(adata, SETS, method="sum")
    n_genes = (adata.X > 0).sum(axis=1).A1
    table = scgsfm.get.depth(adata, "sum")
    scores = scgsfm.get.scores(adata, "sum")
    expected = [spearmanr(scores[name], n_genes).statistic for name in SETS]
    np.testing.assert_allclose(table["correlation"], expected)
    with pytest.warns(UserWarning, match="differ in depth by a factor of .*'a', 'b'.*may be one of depth"):
        grouped = scgsfm.get.depth(adata, "sum", groupby="batch")
    first = np.arange(120) < 60
    within = [
        np.mean([spearmanr(scores[name][cells], n_genes[cells]).statistic for cells in (first, ~first)])
        for name in SETS
    ]
    np.testing.assert_allclose(grouped["correlation_within"], within)
    assert grouped["may_be_depth"].all()
    ratio = np.median(n_genes[60:]) / np.median(n_genes[:60])
    np.testing.assert_allclose(grouped["depth_ratio"], ratio)


def test_scores_that_do_not_depend_on_depth_give_no_warning(adata: ad.AnnData) -> None:
    rng = np.random.default_rng(1)
    scgsfm.tl.score(adata, SETS, method="sum")
    adata.obsm["score_sum"][:] = rng.normal(size=(120, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not scgsfm.get.depth(adata, "sum", groupby="batch")["may_be_depth"].any()


def test_missing_scores_raise(adata: ad.AnnData) -> None:
    with pytest.raises(KeyError, match="score_aucell"):
        scgsfm.get.depth(adata)


@pytest.mark.filterwarnings("ignore:The groups of")
def test_names_of_cells_that_occur_twice(adata: ad.AnnData) -> None:
    scgsfm.tl.score(adata, SETS, method="sum")
    expected = scgsfm.get.depth(adata, "sum", groupby="batch").round(12)
    adata.obs_names = ["same"] * 60 + adata.obs_names[60:].tolist()
    pd.testing.assert_frame_equal(scgsfm.get.depth(adata, "sum", groupby="batch").round(12), expected)


def test_only_genes_count(adata: ad.AnnData) -> None:
    adata.var["feature_types"] = ["Gene Expression"] * 50 + ["Peaks"] * 150
    scgsfm.tl.score(adata, SETS, method="sum")
    n_genes = (adata.X[:, :50] > 0).sum(axis=1).A1
    expected = spearmanr(scgsfm.get.scores(adata, "sum")["a"], n_genes).statistic
    np.testing.assert_allclose(scgsfm.get.depth(adata, "sum")["correlation"]["a"], expected)


def test_groups_with_a_constant_score_do_not_count(adata: ad.AnnData) -> None:
    scores = pd.DataFrame(
        {"half": np.r_[np.zeros(60), np.random.default_rng(0).random(60)], "none": 0.0}, adata.obs_names
    )
    adata.obsm["score_x"] = scores
    n_genes = (adata.X > 0).sum(axis=1).A1
    found = scgsfm.get.depth(adata, "x", groupby="batch")["correlation_within"]
    np.testing.assert_allclose(found["half"], spearmanr(scores["half"][60:], n_genes[60:]).statistic)
    assert np.isnan(found["none"])
