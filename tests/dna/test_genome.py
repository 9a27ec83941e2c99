from __future__ import annotations

import gzip
import os
from typing import TYPE_CHECKING

import pytest

from scgsfm.dna import Genome, species_of

if TYPE_CHECKING:
    from pathlib import Path


def test_reads_what_is_asked_for(fasta: Path, contigs: dict[str, str]) -> None:
    with Genome(fasta) as genome:
        assert genome.lengths == {name: len(text) for name, text in contigs.items()}
        assert genome.sequence("chr1", 390, 410) == contigs["chr1"][390:410].upper()
        assert genome.sequence("chr2", 295, 305) == contigs["chr2"][295:300] + "NNNNN"


def test_bgzip(fasta: Path, contigs: dict[str, str], tmp_path: Path) -> None:
    bgzf = pytest.importorskip("Bio.bgzf")
    with bgzf.BgzfWriter(str(tmp_path / "genome.fa.gz")) as file:
        file.write(fasta.read_bytes())
    for _ in range(2):  # without the index, and with it
        with Genome(tmp_path / "genome.fa.gz") as genome:
            assert genome.sequence("chr1", 700, 800) == contigs["chr1"][700:800]


def test_open_fasta_and_dict(fasta: Path, contigs: dict[str, str]) -> None:
    import pyfaidx

    opened = pyfaidx.Fasta(str(fasta))
    for source in (opened, contigs):
        with Genome(source) as genome:
            assert genome.sequence("chr1", 10, 20) == contigs["chr1"][10:20].upper()
            assert genome.lengths["chrM"] == 350
    assert str(opened["chr1"][0:5]) == contigs["chr1"][:5]  # not closed: it isn't ours
    opened.close()


def test_folder_that_may_not_be_written(fasta: Path, contigs: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with Genome(fasta) as genome:
        assert genome.sequence("chr1", 0, 9) == contigs["chr1"][:9].upper()
    assert not fasta.with_name("genome.fa.fai").exists()


def test_errors(tmp_path: Path) -> None:
    pytest.importorskip("pyfaidx")
    with pytest.raises(FileNotFoundError, match="never downloaded"):
        Genome("hg38")
    with pytest.raises(TypeError, match="`genome` is a int"):
        Genome(38)
    (tmp_path / "plain.fa.gz").write_bytes(gzip.compress(b">chr1\nACGT\n"))
    with pytest.raises((ValueError, ImportError), match="bgzip|block gzip"):
        Genome(tmp_path / "plain.fa.gz")
    (tmp_path / "g.2bit").write_bytes(b"x")
    with pytest.raises(ValueError, match="twoBitToFa g.2bit g.fa"):
        Genome(tmp_path / "g.2bit")
    (tmp_path / "pointer.fa").write_text("version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(ValueError, match="Git LFS pointer"):
        Genome(tmp_path / "pointer.fa")
    (tmp_path / "ragged.fa").write_text(">a\nACGT\nAC\nACGTA\n")
    with pytest.raises(ValueError, match="ragged.fa is not a FASTA file"):
        Genome(tmp_path / "ragged.fa")


@pytest.mark.parametrize("flaw", ["older", "cut", "empty", "lacks", "other"])
@pytest.mark.parametrize("writable", [True, False])
def test_index_that_is_not_valid(
    fasta: Path, contigs: dict[str, str], flaw: str, writable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new one is made for the call, with a warning, and the user's file is left alone."""
    with Genome(fasta):
        pass
    index = fasta.with_name("genome.fa.fai")
    lines = index.read_text().splitlines(keepends=True)
    if flaw == "older":
        os.utime(index, (1, 1))
    else:
        index.write_text({"cut": "chr1\t10", "empty": "", "lacks": lines[0], "other": "chr1\t9999\t6\t60\t61\n"}[flaw])
    before = index.read_text()
    if not writable:
        monkeypatch.setattr(os, "access", lambda *_: False)
    reason = {"cut": "cut short", "lacks": "lacks contigs", "other": "that of another"}.get(flaw, flaw)
    with pytest.warns(UserWarning, match=f"the index .*genome.fa.fai .*{reason}.*samtools faidx"):
        opened = Genome(fasta)
    with opened as genome:
        assert genome.lengths == {name: len(text) for name, text in contigs.items()}
        assert genome.sequence("chr1", 390, 410) == contigs["chr1"][390:410].upper()
    assert index.read_text() == before


def test_types_of_sequences(contigs: dict[str, str]) -> None:
    seq, record = pytest.importorskip("Bio.Seq"), pytest.importorskip("Bio.SeqRecord")
    records = {name: record.SeqRecord(seq.Seq(text), id=name) for name, text in contigs.items()}
    sources = [
        records,
        list(records.values()),
        iter(records.values()),
        {name: one.seq for name, one in records.items()},
        {name: text.encode() for name, text in contigs.items()},
        {name: text.replace("T", "U").replace("t", "u") for name, text in contigs.items()},
    ]
    for source in sources:
        with Genome(source) as genome:
            assert genome.lengths == {name: len(text) for name, text in contigs.items()}
            assert genome.sequence("chr1", 390, 410) == contigs["chr1"][390:410].upper()
    assert Genome(records["chr1"]).lengths == {"chr1": 1000}
    with pytest.raises(TypeError, match="sequence of 'chr1' is a int; the genome must be"):
        Genome({"chr1": 3})
    with pytest.raises(TypeError, match="`genome` is a list"):
        Genome(["ACGT"])


@pytest.mark.parametrize(
    ("names", "lengths", "species"),
    [
        (["mm10"], {}, "mouse"),
        (["/data/GRCm39.primary.fa.gz"], {}, "mouse"),
        (["/home/dm6/hg38.fa"], {}, "fruit fly"),
        (["hg38.fa", "GRCh38", "/home/tommy/hg19.fa", "comm10"], {}, None),
        ([], {"1": 195471971}, "mouse"),
        ([], {"chr1": 248956422}, None),
    ],
)
def test_species(names: list[str], lengths: dict[str, int], species: str | None) -> None:
    assert species_of(names, lengths) == species
