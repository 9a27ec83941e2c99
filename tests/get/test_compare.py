from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd
import pytest

import scgsfm


@pytest.fixture(scope="module")
def adata() -> ad.AnnData:
    rng = np.random.default_rng(0)
    obs = pd.DataFrame(
        {"donor": np.arange(240) % 6, "type": np.repeat(["A", "B"], 120)}, index=[f"c{i}" for i in range(240)]
    )
    obs["group"] = np.where(obs["donor"] < 3, "a", "b")
    scores = pd.DataFrame(rng.normal(size=(240, 12)), obs.index, [f"set {i}" for i in range(12)])
    scores["set 4"] += 3 * (obs["group"] == "b")
    adata = ad.AnnData(np.ones((240, 1), np.float32), obs, obsm={"score": scores})
    scgsfm.tl.compare(adata, "score", condition="group", sample="donor", groupby="type")
    return adata


def test_rows(adata: ad.AnnData) -> None:
    stored = adata.uns["compare"]
    pd.testing.assert_frame_equal(scgsfm.get.compare(adata), stored)
    best = scgsfm.get.compare(adata, "B", n_sets=1)
    assert best["set"].tolist() == ["set 4"]
    best["set"] = "changed"
    assert "changed" not in stored["set"].tolist()
    assert set(scgsfm.get.compare(adata, max_padj=0.001)["set"]) == {"set 4"}
    assert len(scgsfm.get.compare(adata, condition="b", sets=["set 1", "set 2"])) == 4


def test_samples(adata: ad.AnnData) -> None:
    table = scgsfm.get.compare(adata, "A", sets="set 3", samples=True)
    rows = adata.obs["type"] == "A"
    expected = adata.obsm["score"]["set 3"][rows].groupby(adata.obs["donor"][rows].astype(str)).mean()
    np.testing.assert_allclose(table.set_index("sample")["mean"].loc[expected.index], expected)
    assert table["n_cells"].tolist() == [20] * 6


def test_errors(adata: ad.AnnData) -> None:
    with pytest.raises(KeyError, match="'C' is not in the table"):
        scgsfm.get.compare(adata, "C")
    with pytest.raises(KeyError, match=r"Run it first|Other keys"):
        scgsfm.get.compare(adata, key="other")
    with pytest.raises(ValueError, match="`n_sets` selects differences"):
        scgsfm.get.compare(adata, samples=True, n_sets=2)


def test_missing_samples_raise(adata: ad.AnnData) -> None:
    other = adata.copy()
    del other.uns["compare_samples"]
    for show in (lambda: scgsfm.get.compare(other, samples=True), lambda: scgsfm.pl.compare(other, kind="samples")):
        with pytest.raises(KeyError, match=r"`uns\['compare_samples'\]` is missing.*run it again"):
            show()
