from __future__ import annotations

import gzip
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from scgsfm.dna import Variant, read_variants

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

VCF = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\nchr1\t5\trs1\tA\tG,<DEL>,T\n2\t7\t.\tac\tA\t.\n"


def parts(variants: list[Variant]) -> list[tuple[str, int, str, str]]:
    return [(variant.contig, variant.pos, variant.ref, variant.alt) for variant in variants]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("chr1:1,005:A:G", ("chr1", 1005, "A", "G")),
        ("chr1-5-A-G", ("chr1", 5, "A", "G")),
        ("chr1_KI2v1_random:5:A>G", ("chr1_KI2v1_random", 5, "A", "G")),
        ("HLA-A*01:01:5:A:GT", ("HLA-A*01:01", 5, "A", "GT")),
        ("chr1_5_A_G_b38", ("chr1", 5, "A", "G")),
        ("1_5_A_G_b37", ("1", 5, "A", "G")),
        ("chr1:g.5A>G", ("chr1", 5, "A", "G")),
        ("NC_000001.11:g.5a>g", ("NC_000001.11", 5, "A", "G")),
        ("chr1(GRCh38):g.5A>G", ("chr1", 5, "A", "G")),
        ("chr1:g.5delA", ("chr1", 5, "A", "-")),
        ("chr1:g.5_6delACinsT", ("chr1", 5, "AC", "T")),
        ("chr1:5A>G", ("chr1", 5, "A", "G")),
        ("1:5 A/G", ("1", 5, "A", "G")),
        ("1 5 A G", ("1", 5, "A", "G")),
        ("1:5:A:-", ("1", 5, "A", "-")),
        ("1:5:-:AC", ("1", 5, "-", "AC")),
    ],
)
def test_texts(text: str, expected: tuple[str, int, str, str]) -> None:
    assert parts(read_variants([f" {text} "])) == parts(read_variants([text.encode()])) == [expected]
    assert read_variants(text) == [Variant(*expected, text)]


def test_tables() -> None:
    table = pd.DataFrame({"CHROM": [1], "Pos": [5], "ref": ["a"], "ALT": ["g"], "rsID": ["rs1"]})
    assert read_variants(table) == [Variant("1", 5, "A", "G", "rs1")]
    annovar = pd.DataFrame({"Chr": [1.0, 2], "Start": [5, 6], "End": [5, 6], "Ref": ["A", "-"], "Alt": ["-", "G"]})
    assert parts(read_variants(annovar)) == [("1", 5, "A", "-"), ("2", 6, "-", "G")]
    several = pd.DataFrame({"chrom": ["chr1"] * 2, "pos": [5, np.nan], "ref": ["A"] * 2, "alt": [["G", "T"], "C,T"]})
    found = read_variants(several)
    assert [variant.alt for variant in found] == ["G", "T", "C", "T"]
    assert [variant.status for variant in found] == ["", "", "no valid position", "no valid position"]
    missing = read_variants(pd.DataFrame({"chrom": ["1", "1"], "pos": [5, 5], "ref": ["A", "A"], "alt": [np.nan, "G"]}))
    assert [(variant.alt, variant.status) for variant in missing] == [(".", "missing allele"), ("G", "")]


@pytest.mark.parametrize(
    "item",
    [
        ("chr1", 5, "A", "G"),
        ["chr1", "5", "a", ["G"]],
        ("chr1", 5.0, "rs1", "A", "G"),
        {"chrom": "chr1", "pos": 5, "ref": "A", "alt": "G"},
        pd.Series({"CHROM": "chr1", "POS": 5, "REF": "A", "ALT": "G"}),
        SimpleNamespace(CHROM="chr1", POS=5, REF="A", ALT=["G"], ID=None),
        SimpleNamespace(chrom="chr1", pos=5, ref="A", alts=("G",), id=None),
        next(pd.DataFrame({"chrom": ["chr1"], "pos": [5], "ref": ["A"], "alt": ["G"]}).itertuples()),
        Variant("chr1", 5, "A", "G"),
    ],
)
def test_items(item: Any) -> None:
    """Tuples, rows, and objects of cyvcf2 and pysam, in a list or alone."""
    assert parts(read_variants([item])) == parts(read_variants(item)) == [("chr1", 5, "A", "G")]


def test_files(tmp_path: Path) -> None:
    expected = [
        Variant("chr1", 5, "A", "G", "rs1"),
        Variant("chr1", 5, "A", "<DEL>", "rs1", status="symbolic allele"),
        Variant("chr1", 5, "A", "T", "rs1"),
        Variant("2", 7, "AC", "A", "2:7:ac:A"),
    ]
    (tmp_path / "v.vcf").write_text(VCF)
    (tmp_path / "v.vcf.gz").write_bytes(gzip.compress(VCF.encode()))
    (tmp_path / "latin.vcf").write_bytes(VCF.replace("4.2", "4.2\n##source=Müller").encode("latin-1"))
    (tmp_path / "blanks.vcf").write_text(VCF.replace("\t", "  ").replace("\n", "\r\n"))
    for name in ("v.vcf", "v.vcf.gz", "latin.vcf", "blanks.vcf"):
        assert read_variants(tmp_path / name) == read_variants(str(tmp_path / name)) == expected


def test_file_that_is_cut_short(tmp_path: Path) -> None:
    lines = "".join(f"chr1\t{pos}\trs{pos}\tA\tG\t{hash(str(pos))}\n" for pos in range(1, 5000))
    packed = gzip.compress(lines.encode())
    (tmp_path / "v.vcf.gz").write_bytes(packed[: len(packed) // 2])
    with pytest.warns(UserWarning, match="v.vcf.gz is cut short.*variants before that are used"):
        found = read_variants(tmp_path / "v.vcf.gz")
    assert 100 < len(found) < 4999
    assert found[99] == Variant("chr1", 100, "A", "G", "rs100")
    with pytest.raises(ValueError, match="cut short"):
        read_variants(tmp_path / "v.vcf.gz", on_error="raise")


def test_single_lines_that_are_not_variants(tmp_path: Path) -> None:
    (tmp_path / "v.vcf").write_text(VCF + "chr1\tfive\n")
    found = read_variants(tmp_path / "v.vcf")
    assert found[-1].status == "unparsable variant"
    assert found[-1].id == "line 5: 'chr1\\tfive'"
    (tmp_path / "v.vcf").write_text("some\ttext\n")
    with pytest.raises(ValueError, match="line 1: 'some.*not a line of a VCF file"):
        read_variants(tmp_path / "v.vcf")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["chr1:5:A"], "'chr1:5:A', which does not look like 'chr1:12345:A:G'"),
        (["rs334"], "Names such as 'rs123'"),
        (["NM_000546.6:c.215C>G"], "HGVS names of transcripts"),
        (pd.DataFrame({"chrom": ["1"], "pos": [1]}), "no column for ref, alt"),
        (["chr1:0:A:G"], "1-based"),
        ("no.vcf", "neither a file nor a variant"),
    ],
)
def test_unreadable(given: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_variants(given)
    with pytest.raises(TypeError, match="`variants` is a int"):
        read_variants(5)
