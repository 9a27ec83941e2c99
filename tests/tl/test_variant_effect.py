from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from scgsfm.tl import variant_effect

if TYPE_CHECKING:
    from tests.conftest import SmallR3LM

SITE = "CTGCAGATAAGACA"


@pytest.fixture(scope="module")
def genome() -> dict[str, str]:
    text = "".join(np.random.default_rng(0).choice(list("ACGT"), 1000))
    return {"chr1": (text[:500] + SITE + text[514:]).lower(), "chr2": "ACGT" * 20}


def test_effects(genome: dict[str, str], small_r3lm: SmallR3LM) -> None:
    """At 504 (0-based) AGATAAGA begins."""
    variants = ["chr1:506:G:C", "1:900:{}:{}", "chr1:508:TA:T", "chr1:514:A:ATTT", "chr9:5:A:C", "chr2:5:A:C"]
    base = genome["chr1"][899].upper()
    variants[1] = variants[1].format(base, "A" if base != "A" else "C")
    table = variant_effect(variants, genome=genome, model=small_r3lm)
    assert table.index.tolist() == variants
    assert table["status"].tolist() == ["ok"] * 4 + ["unknown contig", "out of bounds"]
    assert table[["chrom", "pos", "ref", "alt"]].iloc[2].tolist() == ["chr1", 508, "TA", "T"]
    effects = table["K562"].to_numpy()
    assert effects[0] == pytest.approx(-2, abs=0.01)
    assert effects[1] == pytest.approx(0, abs=0.01)
    assert effects[2] == pytest.approx(-2, abs=0.01)
    assert effects[3] == pytest.approx(0, abs=0.01)
    assert table["K562"].dtype == np.float32
    assert table[["HepG2", "K562", "WTC11_ref"]].iloc[4:].isna().all(axis=None)
    np.testing.assert_allclose(table["K562"], table["K562_alt"] - table["K562_ref"])
    text = genome["chr1"].upper()
    np.testing.assert_array_equal(table["K562_ref"].iloc[0], small_r3lm.predict([text[406:606]])[0, 1])
    assert "GATA" in table["lost"].iloc[0].upper()
    assert table["lost"].iloc[4] == table["gained"].iloc[4] == ""


def test_gained_motifs_are_the_lost_ones_of_the_way_back(genome: dict[str, str], small_r3lm: SmallR3LM) -> None:
    there = variant_effect(["chr1:506:G:C"], genome=genome, model=small_r3lm)
    text = genome["chr1"]
    other = {"chr1": text[:505] + "c" + text[506:]}
    back = variant_effect(["chr1:506:C:G"], genome=other, model=small_r3lm)
    assert there["lost"].iloc[0] == back["gained"].iloc[0] != ""
    np.testing.assert_allclose(there["K562"], -back["K562"])


def test_tables(genome: dict[str, str], small_r3lm: SmallR3LM) -> None:
    table = pd.DataFrame({"chrom": ["chr1"], "pos": [506], "ref": ["G"], "alt": ["C"]}, index=["rs1"])
    found = variant_effect(table, genome=genome, model=small_r3lm)
    assert found.index.tolist() == ["rs1"]
    empty = variant_effect(table.iloc[:0], genome=genome, model=small_r3lm)
    assert len(empty) == 0
    assert empty.columns.equals(found.columns)


def test_errors(genome: dict[str, str], small_r3lm: SmallR3LM) -> None:
    with pytest.raises(ValueError, match="1 of 1 variants differs from the genome: chr1:506:A:C has A, the genome G"):
        variant_effect(["chr1:506:A:C"], genome=genome, model=small_r3lm)
    with pytest.raises(ValueError, match="None of 1 variants has a sequence: 1 unknown contig"):
        variant_effect(["chr7:506:A:C"], genome=genome, model=small_r3lm)
    with pytest.raises(FileNotFoundError, match="never downloaded"):
        variant_effect(["chr7:506:A:C"], genome="hg38", model=small_r3lm)
