from __future__ import annotations

from typing import TYPE_CHECKING

import anndata as ad
import numpy as np
import pandas as pd
import pytest

import scgsfm

if TYPE_CHECKING:
    from tests.conftest import SmallR3LM

TEXT = "".join(np.random.default_rng(0).choice(list("ACGT"), 60)) + "AGATAAGA"


@pytest.fixture
def table(small_r3lm: SmallR3LM) -> pd.DataFrame:
    return scgsfm.tl.saturation_mutagenesis(sequences={"b": TEXT, "a": TEXT[:20]}, model=small_r3lm)


def test_tidy_rows(table: pd.DataFrame) -> None:
    tidy = scgsfm.get.saturation_mutagenesis(table)
    assert tidy.columns.tolist() == ["element", "position", "ref", "alt", "cell_type", "effect"]
    cells = [name for name in table if name not in tidy]
    assert len(tidy) == 3 * len(cells) * (len(TEXT) + 20)
    assert (tidy["ref"].astype(str) != tidy["alt"].astype(str)).all()
    wide = tidy.pivot(index=["element", "position", "ref", "alt"], columns="cell_type", values="effect")
    expected = table.set_index(["element", "position", "ref", "alt"])
    np.testing.assert_array_equal(wide[cells], expected.loc[wide.index, cells])
    assert tidy["effect"].dtype == np.float32


def test_selection(table: pd.DataFrame) -> None:
    one = scgsfm.get.saturation_mutagenesis(table, "b", cell_type="K562", min_effect=1.5)
    assert set(one["position"]) == set(range(60, 68))
    assert one["element"].astype(str).unique().tolist() == ["b"]
    assert (one["effect"].abs() >= 1.5).all()
    assert scgsfm.get.saturation_mutagenesis(table, ["a"])["element"].astype(str).unique().tolist() == ["a"]
    joined = pd.concat([table, table.assign(element="c")])  # whose index occurs twice
    only_c = scgsfm.get.saturation_mutagenesis(joined, "c").drop(columns="element")
    first = scgsfm.get.saturation_mutagenesis(table).drop(columns="element")
    pd.testing.assert_frame_equal(only_c, first)
    assert len(scgsfm.get.saturation_mutagenesis(joined)) == 2 * len(first)


def test_data(small_r3lm: SmallR3LM) -> None:
    peaks = ad.AnnData(var=pd.DataFrame({"sequence": [TEXT]}, index=["p"]))
    scgsfm.tl.saturation_mutagenesis(peaks, sequences="sequence", model=small_r3lm, key_added="x")
    found = scgsfm.get.saturation_mutagenesis(peaks, key="x")
    pd.testing.assert_frame_equal(found, scgsfm.get.saturation_mutagenesis(peaks.uns["x"]))
    with pytest.raises(KeyError, match="Other keys have one: 'x'|Other keys have one: x"):
        scgsfm.get.saturation_mutagenesis(peaks)


def test_errors(table: pd.DataFrame) -> None:
    with pytest.raises(KeyError, match="Did you mean 'K562'"):
        scgsfm.get.saturation_mutagenesis(table, cell_type="k562")
    with pytest.raises(KeyError, match="`element` 'z' is not in the table"):
        scgsfm.get.saturation_mutagenesis(table, "z")
    with pytest.raises(ValueError, match="no column 'alt'"):
        scgsfm.get.saturation_mutagenesis(table.drop(columns="alt"))
    with pytest.raises(ValueError, match="`min_effect` is -1"):
        scgsfm.get.saturation_mutagenesis(table, min_effect=-1)
