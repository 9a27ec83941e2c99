from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from scgsfm.dna import Genome, Variant, join_haplotype
from scgsfm.tl import haplotype_effect, variant_effect

if TYPE_CHECKING:
    from tests.conftest import SmallR3LM

TEXT = "".join(np.random.default_rng(0).choice(list("ACGT"), 1000))
TEXT = TEXT[:500] + "CTGCAGATAAGACA" + TEXT[514:700] + "CAAAGTCCA" + TEXT[709:]
GENOME = {"chr1": TEXT, "chr2": TEXT}


def other(at: int) -> str:
    """A variant of the base at a 0-based position."""
    return f"chr1:{at + 1}:{TEXT[at]}:{'A' if TEXT[at] != 'A' else 'C'}"


def test_one_variant_equals_its_effect(small_r3lm: SmallR3LM) -> None:
    variants = ["chr1:506:G:C", "chr1:508:TA:T", "chr1:514:A:ATTT", "chr1:g.508_509del", "chr1:g.505_506dup"]
    table = haplotype_effect({name: [name] for name in variants}, genome=GENOME, model=small_r3lm)
    expected = variant_effect(variants, genome=GENOME, model=small_r3lm)
    assert table.index.tolist() == variants
    for cell in small_r3lm.cell_types:
        np.testing.assert_allclose(table[cell], expected[cell], atol=0.002)  # windows may be shifted by a base
        np.testing.assert_allclose(table[f"{cell}_sum"], table[cell])
    assert (table["n_variants"] == 1).all()


def test_effects_are_those_of_sequences_made_by_hand(small_r3lm: SmallR3LM) -> None:
    """A deletion, a substitution and an insertion: two destroy the same site, so that their sum counts it twice."""
    table = haplotype_effect(
        {"h": ["chr1:512:A:AGG", "chr1:506:G:C", "chr1:508:TA:T"]}, genome=GENOME, model=small_r3lm
    )
    row = table.iloc[0]
    assert row["status"] == "ok"
    assert row["n_variants"] == 3
    assert (row["pos"], row["ref"]) == (506, TEXT[505:512])
    assert row["alt"] == "C" + TEXT[506:508] + TEXT[509:512] + "GG"
    assert row["K562"] == pytest.approx(-2, abs=0.01)
    assert row["K562_sum"] == pytest.approx(-4, abs=0.01)
    assert "GATA" in row["lost"].upper()


def test_joined_applies_each_edit() -> None:
    """Against a sequence edited from the right, for many random haplotypes."""
    rng = np.random.default_rng(1)
    for _ in range(50):
        sites = np.sort(rng.choice(np.arange(300, 380, 4), 4, replace=False)).tolist()
        variants, text = [], TEXT
        for at in reversed(sites):
            ref = TEXT[at : at + int(rng.integers(1, 4))]
            alt = ref[0] + "".join(rng.choice(list("ACGT"), int(rng.integers(0, 4))))
            alt = alt if alt != ref else alt + "A"
            variants.append(Variant("chr1", at + 1, ref, alt))
            text = text[:at] + alt + text[at + len(ref) :]
        with Genome.of(GENOME) as genome:
            whole, alone = join_haplotype([variants[i] for i in rng.permutation(4)], genome, 200)
        start = whole.pos - bool(whole.ref.strip("-"))
        ref, alt = whole.ref.replace("-", ""), whole.alt.replace("-", "")
        assert TEXT[start : start + len(ref)] == ref
        assert TEXT[:start] + alt + TEXT[start + len(ref) :] == text
        assert len(alone) == 4
        assert all(each.ref == whole.ref and each.pos == whole.pos for each in alone)


def test_status(small_r3lm: SmallR3LM) -> None:
    given = {
        "good": [other(450), other(455)],
        "contigs": [other(450), other(455).replace("chr1", "chr2")],
        "overlap": ["chr1:508:TAA:T", "chr1:509:A:C"],
        "far": [other(100), other(400)],
        "wrong": [other(450), "chr1:506:A:C"],
        "symbolic": [other(450), "chr1:460:A:<DEL>"],
        "unknown": ["chr7:5:A:C"],
        "none": [],
    }
    with pytest.warns(UserWarning, match="7 of 8 haplotypes have no sequence") as found:
        table = haplotype_effect(given, genome=GENOME, model=small_r3lm)
    assert len(found) == 1
    assert dict(table["status"]) == {
        "good": "ok",
        "contigs": "several contigs",
        "overlap": "overlapping variants",
        "far": "longer than the window",
        "wrong": "reference differs",
        "symbolic": "symbolic allele",
        "unknown": "unknown contig",
        "none": "no variants",
    }
    assert table[["K562", "K562_sum"]].iloc[1:].isna().all(axis=None)
    with pytest.raises(ValueError, match="7 of 8"):
        haplotype_effect(given, genome=GENOME, model=small_r3lm, on_error="raise")


def test_forms(small_r3lm: SmallR3LM) -> None:
    variants = [other(450), other(455)]
    listed = haplotype_effect([variants, variants[:1]], genome=GENOME, model=small_r3lm)
    assert listed.index.tolist() == ["haplotype_0", "haplotype_1"]
    series = haplotype_effect(pd.Series({"haplotype_0": variants}), genome=GENOME, model=small_r3lm)
    pd.testing.assert_frame_equal(series, listed.iloc[:1])
    with pytest.raises(TypeError, match="`haplotypes` is a str"):
        haplotype_effect("chr1:506:G:C", genome=GENOME, model=small_r3lm)
