from __future__ import annotations

from typing import TYPE_CHECKING

import anndata as ad
import numpy as np
import pandas as pd
import pytest

from scgsfm.tl import saturation_mutagenesis, variant_effect

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import SmallR3LM

TEXT = "".join(np.random.default_rng(0).choice(list("ACGT"), 1000))
TEXT = TEXT[:500] + "CTGCAGATAAGACA" + TEXT[514:]


def test_equals_variants_one_by_one() -> None:
    """By the embedded model, for variants whose window is the element: those at its center."""
    table = saturation_mutagenesis(sequences={"a": TEXT[400:600]})
    at = 500
    variants = [f"chr1:{at + 1}:{TEXT[at]}:{base}" for base in "ACGT" if base != TEXT[at]]
    expected = variant_effect(variants, genome={"chr1": TEXT})
    # an allele of one base has 99 bases before it
    shifted = saturation_mutagenesis(sequences={"a": TEXT[401:601]})
    rows = shifted[(shifted["position"] == 99) & (shifted["ref"].astype(str) != shifted["alt"].astype(str))]
    cells = ["HepG2", "K562", "WTC11"]
    np.testing.assert_allclose(rows[cells], expected[cells], atol=1e-5)
    assert len(table) == 800


def test_table(small_r3lm: SmallR3LM) -> None:
    sequences = {"b": TEXT[450:600], "a": TEXT[:80]}
    table = saturation_mutagenesis(sequences=sequences, cell_type="K562", model=small_r3lm)
    assert table.columns.tolist() == ["element", "position", "ref", "alt", "K562"]
    assert table["element"].astype(str).tolist() == ["b"] * 600 + ["a"] * 320
    assert "".join(table["ref"].astype(str).iloc[:600:4]) == sequences["b"]
    assert table["alt"].astype(str).tolist() == list("ACGT") * 230
    same = table["ref"].astype(str) == table["alt"].astype(str)
    assert (table.loc[same, "K562"] == 0).all()
    strong = table.loc[table["K562"] < -1.5]
    assert sorted(strong["position"].unique()) == list(range(54, 62))  # AGATAAGA
    assert len(strong) == 24
    chosen = saturation_mutagenesis(sequences=sequences, elements="a", model=small_r3lm)
    assert chosen["element"].unique().tolist() == ["a"]


@pytest.mark.parametrize("suffix", ["h5ad", "zarr"])
def test_data(small_r3lm: SmallR3LM, tmp_path: Path, suffix: str) -> None:
    names = ["chr1:450-550", "chr1:100-300", "chr9:1-9"]
    adata = ad.AnnData(np.ones((2, 3), np.float32), var=pd.DataFrame(index=names))
    with pytest.warns(UserWarning, match="1 of 3 elements have no sequence"):
        assert saturation_mutagenesis(adata, genome={"chr1": TEXT}, model=small_r3lm) is None
    getattr(adata, f"write_{suffix}")(tmp_path / f"x.{suffix}")
    table = getattr(ad, f"read_{suffix}")(tmp_path / f"x.{suffix}").uns["r3lm_saturation"]
    assert table["element"].astype(str).unique().tolist() == names[:2]
    expected = saturation_mutagenesis(sequences=[TEXT[400:600]], model=small_r3lm)
    np.testing.assert_array_equal(table["K562"].iloc[:800], expected["K562"])
    assert adata.uns["scgsfm"]["r3lm_saturation"]["n_without_sequence"] == 1
    with pytest.warns(UserWarning, match="no sequence"):
        copied = saturation_mutagenesis(adata, genome={"chr1": TEXT}, model=small_r3lm, copy=True, key_added="x")
    assert "x" in copied.uns
    assert "x" not in adata.uns


def test_errors(small_r3lm: SmallR3LM) -> None:
    with pytest.raises(ValueError, match="'HeLa' is not a cell type"):
        saturation_mutagenesis(sequences=["ACGT"], cell_type="HeLa", model=small_r3lm)
    with pytest.raises(ValueError, match="`mode` is 'both'"):
        saturation_mutagenesis(sequences=["ACGT"], mode="both", model=small_r3lm)
    with pytest.raises(ValueError, match="No element has a sequence"):
        saturation_mutagenesis(sequences=["NNNN"], model=small_r3lm)
    with pytest.raises(KeyError, match="no element 'x'"):
        saturation_mutagenesis(sequences={"a": "ACGT"}, elements="x", model=small_r3lm)
