from __future__ import annotations

import anndata as ad
import pandas as pd
import pytest

import scgsfm


@pytest.fixture(scope="module")
def peaks() -> ad.AnnData:
    sequences = ["CTGGCAAACAGATAAGA" * 2, "CCGGAAGTGACGTCA" * 2]
    data = ad.AnnData(var=pd.DataFrame({"sequence": sequences}, index=["a", "b"]))
    scgsfm.tl.explain_regulation(data, sequences="sequence", cell_type=["K562", "HepG2"])
    return data


def test_rows(peaks: ad.AnnData) -> None:
    tables = peaks.uns["r3lm_explanations"]
    pd.testing.assert_frame_equal(scgsfm.get.explain_regulation(peaks), tables["elements"])
    motifs = scgsfm.get.explain_regulation(peaks, "a", table="motifs", cell_type="K562")
    chosen = (tables["motifs"]["element"] == "a") & (tables["motifs"]["cell_type"] == "K562")
    assert motifs["effect"].tolist() == tables["motifs"].loc[chosen, "effect"].tolist()
    bases = scgsfm.get.explain_regulation(peaks, "b", table="bases")
    assert bases.index.tolist() == [("b", "K562"), ("b", "HepG2")]
    assert bases.loc[("b", "HepG2")].tolist()[:30] == tables["bases"].iloc[3].tolist()[:30]


def test_what_is_missing_is_named(peaks: ad.AnnData) -> None:
    with pytest.raises(KeyError, match="Did you mean 'K562'"):
        scgsfm.get.explain_regulation(peaks, cell_type="k562")
    with pytest.raises(ValueError, match="`table` is 'base'.*Did you mean 'bases'"):
        scgsfm.get.explain_regulation(peaks, table="base")  # type: ignore[arg-type]
    del peaks.uns["r3lm_explanations"]["bases"]
    with pytest.raises(KeyError, match="no table 'bases'"):
        scgsfm.get.explain_regulation(peaks, table="bases")
