from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from scgsfm.dna import Genome, Variant, alleles, read_variants

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

VCF = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\nchr1\t5\trs1\tA\tG,<DEL>,T\n2\t7\t.\tac\tA\t.\n"


def test_texts_tables_and_files(tmp_path: Path) -> None:
    texts = ["chr1:1,005:A:G", "chr1-5-A-G", "chr1_KI2v1_random:5:A>G", "HLA-A*01:01:5:A:GT"]
    found = read_variants(texts)
    assert [(v.contig, v.pos, v.ref, v.alt) for v in found] == [
        ("chr1", 1005, "A", "G"),
        ("chr1", 5, "A", "G"),
        ("chr1_KI2v1_random", 5, "A", "G"),
        ("HLA-A*01:01", 5, "A", "GT"),
    ]
    assert read_variants("chr1:5:A:G") == [Variant("chr1", 5, "A", "G", "chr1:5:A:G")]
    table = pd.DataFrame({"CHROM": [1], "Pos": [5], "ref": ["a"], "ALT": ["g"], "rsID": ["rs1"]})
    assert read_variants(table) == [Variant("1", 5, "A", "G", "rs1")]
    expected = [
        Variant("chr1", 5, "A", "G", "rs1"),
        Variant("chr1", 5, "A", "T", "rs1"),
        Variant("2", 7, "AC", "A", "2:7:ac:A"),
    ]
    (tmp_path / "v.vcf").write_text(VCF)
    (tmp_path / "v.vcf.gz").write_bytes(gzip.compress(VCF.encode()))
    assert read_variants(tmp_path / "v.vcf") == read_variants(str(tmp_path / "v.vcf.gz")) == expected


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["chr1:5:A"], "does not look like 'chr1:12345:A:G'"),
        (pd.DataFrame({"chrom": ["1"], "pos": [1]}), "no column for ref, alt"),
        (["chr1:0:A:G"], "1-based"),
        ("no.vcf", "neither a file nor a variant"),
        (pd.DataFrame({"chrom": ["1"], "pos": [1], "ref": ["A"], "alt": ["-"]}), "as in VCF"),
    ],
)
def test_unreadable(given: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        read_variants(given)


def test_alleles_stand_in_the_middle(contigs: dict[str, str]) -> None:
    text = contigs["chr1"].upper()
    ref = text[500]
    alt = "A" if ref != "A" else "C"
    rows = [
        Variant("1", 501, ref, alt),
        Variant("chr1", 501, ref, ref + "TTT"),
        Variant("chr1", 501, text[500:520], ref),
        Variant("chr1", 3, text[2], alt),
        Variant("chr9", 3, "A", "C"),
        Variant("chr1", 2000, "A", "C"),
        Variant("chr2", 290, contigs["chr2"][289], "AT"),
        Variant("chr1-alt_9", 50, contigs["chr1-alt_9"][49], "AT"),
    ]
    pairs, status = alleles(rows, Genome(contigs), 200)
    assert status == ["ok", "ok", "ok", "ok", "unknown contig", "out of bounds", "contains N", "out of bounds"]
    assert pairs[0] == (text[401:601], text[401:500] + alt + text[501:601])
    assert pairs[1] == (text[401:601], text[402:500] + ref + "TTT" + text[501:599])
    assert pairs[2] == (text[410:610], text[401:500] + ref + text[520:620])
    assert pairs[3] == (text[:200], text[:2] + alt + text[3:200])


def test_wrong_reference(contigs: dict[str, str]) -> None:
    wrong = "A" if contigs["chr1"][500] != "A" else "C"
    with pytest.raises(ValueError, match=f"1 of 2 variants.*has {wrong}, the genome {contigs['chr1'][500]}"):
        alleles(
            [Variant("chr1", 501, wrong, "G"), Variant("chr1", 502, contigs["chr1"][501], "G")], Genome(contigs), 200
        )
