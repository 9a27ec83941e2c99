from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import scgsfm
from scgsfm.scoring import score_threshold

if TYPE_CHECKING:
    import anndata as ad


def test_threshold_lies_between_two_components() -> None:
    rng = np.random.default_rng(0)
    scores = np.concatenate([rng.normal(0.1, 0.02, 900), rng.normal(0.5, 0.05, 100)])
    assert 0.15 < score_threshold(scores) < 0.4
    assert 15 < score_threshold(100 * scores) < 40, "any scale"


def test_threshold_of_one_component_is_hardly_exceeded() -> None:
    rng = np.random.default_rng(0)
    shares = [(values > score_threshold(values)).mean() for values in rng.normal(size=(100, 300))]
    assert np.mean(shares) < 0.01
    assert score_threshold(np.full(5, 0.3)) == 0.3
    assert score_threshold(np.array([0.1, 0.2, 0.3])) > 0.3


@pytest.fixture(scope="module")
def scored() -> ad.AnnData:
    import scanpy as sc

    adata = scgsfm.datasets.pbmc()
    sc.pp.normalize_total(adata)
    sc.pp.log1p(adata)
    sets = {"B/plasma": ["CD79A", "CD79B", "MS4A1", "CD19", "BANK1"], "all": adata.var_names[::3].tolist()}
    scgsfm.tl.score(adata, sets, method=["aucell", "ulm"])
    return adata


def test_sets_are_on_in_their_cells(scored: ad.AnnData) -> None:
    choices: list[dict[str, Any]] = [{}, {"method": "ulm"}, {"method": "ulm", "rule": "padj"}]
    for options in choices:
        on = scgsfm.get.binarized_scores(scored, **options)
        assert on.index.equals(scored.obs_names)
        assert list(on) == ["B/plasma", "all"]
        assert set(map(str, on.dtypes)) == {"bool"}
        is_b = (scored.obs["cell_type"] == "B").to_numpy()
        assert on["B/plasma"][is_b].mean() > 0.8
        assert on["B/plasma"][~is_b].mean() < 0.1
    thresholds = scgsfm.get.binarized_scores(scored).attrs["thresholds"]
    expected = scgsfm.get.scores(scored) > pd.Series(thresholds)
    pd.testing.assert_frame_equal(scgsfm.get.binarized_scores(scored), expected)


def test_pvalues_are_those_of_the_scores(scored: ad.AnnData) -> None:
    adata = scored.copy()
    for key, genes in (("b", ["CD3D", "CD3E"]), ("score_b", ["CD79A", "CD79B", "MS4A1"])):
        scgsfm.tl.score(adata, {"cells": genes}, method="ulm", key_added=key)
        on = scgsfm.get.binarized_scores(adata, key=key, rule="padj")
        expected = (adata.obsm[key] > 0) & (adata.obsm[f"padj_{key}"] <= 0.05)
        np.testing.assert_array_equal(on.to_numpy(), expected.to_numpy())
    del adata.obsm["padj_score_b"]
    with pytest.raises(KeyError, match=r"no p-values in `obsm\['padj_score_b'\]`"):
        scgsfm.get.binarized_scores(adata, key="score_b", rule="padj")


def test_errors(scored: ad.AnnData) -> None:
    on = scgsfm.get.binarized_scores(scored, key="score_ulm", rule="padj")
    assert on.equals(scgsfm.get.binarized_scores(scored, "ulm", rule="padj"))
    lowest = float(scored.obsm["padj_ulm"].to_numpy()[scored.obsm["score_ulm"].to_numpy() > 0].min())
    assert scgsfm.get.binarized_scores(scored, "ulm", rule="padj", alpha=lowest).any(axis=None), "the limit is included"
    with pytest.raises(KeyError, match=r"no p-values in `obsm\['padj_aucell'\]`.*rule='mixture'"):
        scgsfm.get.binarized_scores(scored, rule="padj")
    with pytest.raises(ValueError, match="`rule` is 'otsu'"):
        scgsfm.get.binarized_scores(scored, rule="otsu")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="`alpha` is 2"):
        scgsfm.get.binarized_scores(scored, alpha=2)
    with pytest.raises(TypeError, match="must be AnnData"):
        scgsfm.get.binarized_scores(scored.to_df())  # type: ignore[arg-type]
