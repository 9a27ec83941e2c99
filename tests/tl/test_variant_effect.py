from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from scgsfm.tl import variant_effect

if TYPE_CHECKING:
    from pathlib import Path

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


def test_alleles_without_a_sequence(genome: dict[str, str], small_r3lm: SmallR3LM, tmp_path: Path) -> None:
    """They are rows with a status, all in one warning; a file of structural variants gives a table, too."""
    rows = [
        "506\trs1\tG\tC,*,<DEL>",
        "507\trs2\tA\tA[chr2:5[",
        "508\trs3\tT\t.",
        "509\trs4\tN\t<DUP>",
        "510\trs5\tA\tR",
    ]
    (tmp_path / "v.vcf").write_text("#CHROM\tPOS\tID\tREF\tALT\n" + "".join(f"chr1\t{row}\n" for row in rows))
    with pytest.warns(UserWarning, match=r"6 of 7 variants have no sequence.*1 breakend \('rs2'\)") as found:
        table = variant_effect(tmp_path / "v.vcf", genome=genome, model=small_r3lm)
    assert len(found) == 1
    assert table.index.tolist() == ["rs1", "rs1", "rs1", "rs2", "rs3", "rs4", "rs5"]
    assert table["status"].tolist() == [
        "ok",
        "spanning deletion",
        "symbolic allele",
        "breakend",
        "missing allele",
        "ambiguous allele",
        "ambiguous allele",
    ]
    assert table["K562"].notna().tolist() == [True] + [False] * 6
    with pytest.warns(UserWarning, match="1 of 1 variants have no sequence: 1 symbolic allele"):
        assert len(variant_effect(["chr1:506:G:<DEL>"], genome=genome, model=small_r3lm)) == 1
    with pytest.raises(ValueError, match="6 of 7 variants"):
        variant_effect(tmp_path / "v.vcf", genome=genome, model=small_r3lm, on_error="raise")


def test_one_bad_variant_does_not_stop_the_others(genome: dict[str, str], small_r3lm: SmallR3LM) -> None:
    given = ["chr1:506:G:C", "chr1:506:A:C", "rs334", ("chr1", None, "A", "G"), "chr1:506:G:" + "A" * 300, None]
    with pytest.warns(UserWarning, match=r"5 of 6.*'rs334'") as found:
        table = variant_effect(given, genome=genome, model=small_r3lm)
    assert len(found) == 1
    unreadable = ["unparsable variant", "no valid position", "longer than the window", "unparsable variant"]
    assert table["status"].tolist() == ["ok", "reference differs", *unreadable]


def test_spellings_of_one_variant(genome: dict[str, str], small_r3lm: SmallR3LM) -> None:
    row = pd.DataFrame({"chrom": [1.0], "pos": ["506"], "ref": ["G"], "alt": ["C,T"]})
    texts = ["chr1_506_G_C_b38", "chr1:g.506G>C", "chr1:506G>C", "1:506 G/C", "NC_000001.11:g.506G>C", "1-506-G-C"]
    several = variant_effect([*texts, ("chr1", 506, "G", "C"), *row.itertuples()], genome=genome, model=small_r3lm)
    assert several["status"].tolist() == ["ok"] * 9
    assert several["K562"].iloc[:8].nunique() == 1
    by_table = variant_effect(row, genome=genome, model=small_r3lm)
    assert by_table[["chrom", "alt"]].to_numpy().tolist() == [["1", "C"], ["1", "T"]]
    single = variant_effect(("chr1", 506, "G", "C"), genome=genome, model=small_r3lm)
    assert single["K562"].iloc[0] == several["K562"].iloc[0]


def test_deletion_with_and_without_the_preceding_base(genome: dict[str, str], small_r3lm: SmallR3LM) -> None:
    given = ["chr1:507:ATA:A", "chr1:508:TA:-", "chr1:g.508_509del", "chr1:g.508_509delTA"]
    table = variant_effect(given, genome=genome, model=small_r3lm)
    assert table["lost"].nunique() == 1
    assert table["K562"].to_numpy() == pytest.approx(table["K562"].iloc[0], abs=0.02)


@pytest.mark.parametrize("inserted", ["GATTACAGATTACAGATTAC", ""])
def test_motifs_at_the_far_ends_are_not_lost(small_r3lm: SmallR3LM, tmp_path: Path, inserted: str) -> None:
    """An insertion or deletion shifts the ends of the window, where a motif is in one of the two sequences only."""
    site, at = "ACGTTGCATCGA", 1000
    rows = "".join(" ".join(str(int(base == b)) for b in "ACGT") + "\n" for base in site)
    (tmp_path / "m.meme").write_text(f"MOTIF M1 EDGE\nletter-probability matrix: alength= 4 w= 12 nsites= 100\n{rows}")
    text = "".join(np.random.default_rng(3).choice(list("ACGT"), 2000))
    for first in (at - 99, at + 87):
        chrom = text[:first] + site + text[first + len(site) :]
        ref, alt = (chrom[at], chrom[at] + inserted) if inserted else (chrom[at : at + 21], chrom[at])
        table = variant_effect(
            [f"chr1:{at + 1}:{ref}:{alt}"], genome={"chr1": chrom}, motifs=tmp_path / "m.meme", model=small_r3lm
        )
        assert table[["lost", "gained"]].to_numpy().tolist() == [["", ""]]
    over = text[: at - 5] + site + text[at + 7 :]
    variants = [f"chr1:{at + 1}:{over[at]}:{over[at]}T", f"chr1:{at - 9}:{over[at - 10]}:{over[at - 10]}T"]
    table = variant_effect(variants, genome={"chr1": over}, motifs=tmp_path / "m.meme", model=small_r3lm)
    assert table["lost"].tolist() == ["EDGE", ""]


def test_errors(genome: dict[str, str], small_r3lm: SmallR3LM) -> None:
    with pytest.raises(ValueError, match="1 of 1 variants differs from the genome: chr1:506:A:C has A, the genome G"):
        variant_effect(["chr1:506:A:C"], genome=genome, model=small_r3lm)
    with pytest.raises(ValueError, match="None of 1 variants has a sequence: 1 unknown contig"):
        variant_effect(["chr7:506:A:C"], genome=genome, model=small_r3lm)
    with pytest.raises(FileNotFoundError, match="never downloaded"):
        variant_effect(["chr7:506:A:C"], genome="hg38", model=small_r3lm)


def test_annotated_vcf(genome: dict[str, str], small_r3lm: SmallR3LM, tmp_path: Path) -> None:
    """Each allele has its effect in INFO; those without a prediction have their status."""
    lines = "chr1\t506\trs1\tG\tC,*,T\t.\t.\tDP=2\nchr1\t507\trs2\tA\t<DEL>\t.\t.\tDP=3\n"
    (tmp_path / "v.vcf").write_text(f"##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n{lines}")
    with pytest.warns(UserWarning, match="2 of 4 variants"):
        table = variant_effect(tmp_path / "v.vcf", genome=genome, model=small_r3lm, annotated_vcf=tmp_path / "out.vcf")
    first, second = (
        dict(part.split("=") for part in line.split("\t")[7].split(";"))
        for line in (tmp_path / "out.vcf").read_text(encoding="utf-8").splitlines()[-2:]
    )
    assert first["DP"] == "2"
    effects = first["R3LM_K562"].split(",")
    assert effects[1] == "."
    np.testing.assert_allclose([float(effects[0]), float(effects[2])], table["K562"].iloc[[0, 2]], rtol=1e-3)
    assert first["R3LM_STATUS"] == "ok,spanning_deletion,ok"
    assert first["R3LM_LOST"].split(",")[0].split("&") == table["lost"].iloc[0].split(", ")
    assert second["R3LM_HepG2"] == "."
    assert second["R3LM_STATUS"] == "symbolic_allele"
    with pytest.raises(ValueError, match="`annotated_vcf` needs a VCF file as `variants`, but this is a list"):
        variant_effect(["chr1:506:G:C"], genome=genome, model=small_r3lm, annotated_vcf=tmp_path / "no.vcf")
    assert not (tmp_path / "no.vcf").exists()
