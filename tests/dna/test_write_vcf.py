from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from scgsfm.dna import InfoField, read_variants, write_annotated_vcf

if TYPE_CHECKING:
    from pathlib import Path

FIELDS = [InfoField("X", "Float", "Effect"), InfoField("S", "String", "Status")]
HEADER = "##fileformat=VCFv4.2\n##contig=<ID=chr1>\n"
COLUMNS = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tsample\n"


def annotate(folder: Path, text: str, name: str = "out.vcf") -> str:
    (folder / "in.vcf").write_bytes(text.encode())
    variants = read_variants(folder / "in.vcf")
    values = {"X": [0.25 * i for i in range(len(variants))], "S": [each.status or "all ok, yes" for each in variants]}
    write_annotated_vcf(folder / "in.vcf", folder / name, FIELDS, values)
    path = folder / name
    return gzip.decompress(path.read_bytes()).decode() if name.endswith("gz") else path.read_text(encoding="utf-8")


def test_lines(tmp_path: Path) -> None:
    """Several alleles, symbolic ones, none, an unreadable line; other fields, samples and the order stay."""
    body = [
        "chr1\t5\trs1\tA\tC,*,<DEL>\t9\tPASS\tDP=3;X=9,9,9;FLAG\tGT\t0/1",
        "chr1\t6\t.\tA\t.\t.\t.\tDP=4\tGT\t0/0",
        "chr1\tno\t.\tA\tC\t.\t.\tDP=5",
        "chr1\t7\t.\tA\tG\t.\t.\t.\tGT\t1/1",
    ]
    old = '##INFO=<ID=X,Number=1,Type=Float,Description="old">\n'
    with_lines = annotate(tmp_path, HEADER + old + COLUMNS + "\r\n".join(body) + "\r\n")
    lines = with_lines.splitlines()
    assert lines[:5] == [*HEADER.splitlines(), *map(str, FIELDS), COLUMNS.strip()]
    assert lines[2] == '##INFO=<ID=X,Number=A,Type=Float,Description="Effect">'
    assert lines[5].split("\t")[:5] == body[0].split("\t")[:5]
    assert lines[5].split("\t")[7:] == [
        "DP=3;FLAG;X=0,0.25,0.5;S=all_ok&yes,spanning_deletion,symbolic_allele",
        "GT",
        "0/1",
    ]
    assert lines[6:8] == body[1:3]
    assert lines[8].split("\t")[7] == "X=1.25;S=all_ok&yes"
    # a second annotation replaces the first
    assert annotate(tmp_path, with_lines) == with_lines


def test_file_without_header_and_columns(tmp_path: Path) -> None:
    found = annotate(tmp_path, "chr1\t5\t.\tA\tC\n").splitlines()
    assert found[0] == "##fileformat=VCFv4.2"
    assert found[-2] == "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
    assert found[-1] == "chr1\t5\t.\tA\tC\t.\t.\tX=0;S=all_ok&yes"


def test_compressed_in_blocks(tmp_path: Path) -> None:
    """More than one block; Biopython's reader of bgzip finds lines by their offset."""
    body = "".join(f"chr1\t{i}\trs{i}\tA\tC\t.\t.\t.\n" for i in range(1, 5001))
    found = annotate(tmp_path, HEADER + COLUMNS[: COLUMNS.index("\tFORMAT")] + "\n" + body, "out.vcf.gz")
    assert found == annotate(tmp_path, HEADER + COLUMNS[: COLUMNS.index("\tFORMAT")] + "\n" + body)
    bgzf = pytest.importorskip("Bio.bgzf")
    with (tmp_path / "out.vcf.gz").open("rb") as raw:
        blocks = list(bgzf.BgzfBlocks(raw))
    assert len(blocks) > 3
    assert blocks[-1][3] == 0  # the empty block that marks the end
    with bgzf.BgzfReader(str(tmp_path / "out.vcf.gz")) as file:
        for _ in range(3000):
            file.readline()
        offset, line = file.tell(), file.readline()
        file.readline()
        file.seek(offset)
        assert file.readline() == line
