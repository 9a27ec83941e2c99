from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd
import pytest

import scgsfm


@pytest.fixture(scope="module")
def cells() -> ad.AnnData:
    var = pd.DataFrame({"sequence": ["CTGGCAAACAGATAAGA" * 2, ""]}, index=["a", "b"])
    data = ad.AnnData(np.ones((3, 2), np.float32), obs={"group": ["x", "x", "y"]}, var=var)
    with pytest.warns(UserWarning, match="no sequence"):
        scgsfm.tl.regulatory_activity(data, sequences="sequence", groupby="group")
    return data


def test_tables(cells: ad.AnnData) -> None:
    of_peaks = scgsfm.get.regulatory_activity(cells)
    pd.testing.assert_frame_equal(of_peaks.drop(columns="status"), cells.varm["r3lm_activity"])
    assert of_peaks["status"].tolist()[0] == "ok"
    assert of_peaks["status"].tolist()[1] != "ok"
    pd.testing.assert_frame_equal(scgsfm.get.regulatory_activity(cells, "cells"), cells.obsm["r3lm_activity"])
    of_groups = scgsfm.get.regulatory_activity(cells, "groups")
    assert of_groups.index.tolist() == ["x", "y"]
    assert "status" not in cells.varm["r3lm_activity"]


def test_what_is_missing_is_named(cells: ad.AnnData) -> None:
    with pytest.raises(ValueError, match="`of` is 'group'.*Did you mean 'groups'"):
        scgsfm.get.regulatory_activity(cells, "group")  # type: ignore[arg-type]
    data = cells.copy()
    del data.uns["r3lm_activity_groups"]
    with pytest.raises(KeyError, match=r"in `uns\['r3lm_activity_groups'\]`"):
        scgsfm.get.regulatory_activity(data, "groups")
    with pytest.raises(KeyError, match=r"in `varm\['x'\]`. Other keys have one: 'r3lm_activity'"):
        scgsfm.get.regulatory_activity(data, key="x")
