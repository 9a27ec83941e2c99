from __future__ import annotations

import gzip
import json
import os
import threading
import time
from typing import TYPE_CHECKING

import pytest

from scgsfm import GeneSets, _bounded_files
from scgsfm.dna import InfoField, read_variants, write_annotated_vcf
from scgsfm.dna._text_files import read_text, text_lines
from scgsfm.motifs import Motifs
from scgsfm.settings import settings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(settings, "_max_file_size", 1000)
    return 1000


@pytest.mark.parametrize("packed", [True, False])
def test_files_are_bounded(small: int, tmp_path: Path, packed: bool) -> None:
    path = tmp_path / ("sets.gmt.gz" if packed else "sets.gmt")
    for n_genes, fits in ((50, True), (1000, False)):
        text = ("s\tna" + "\tCD4" * n_genes + "\n").encode()
        path.write_bytes(gzip.compress(text) if packed else text)
        if fits:
            assert _bounded_files.read_bytes(path) == text
        else:
            with pytest.raises(ValueError, match=r"more than 1,000 bytes.*max_file_size.*raise the limit"):
                GeneSets(path)
    settings.max_file_size = 20_000
    assert GeneSets(path).names == ["s"]


def test_motifs_and_variants_are_bounded(small: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "motifs.meme.gz"
    path.write_bytes(gzip.compress(b"0.25 0.25 0.25 0.25\n" * 100))
    with pytest.raises(ValueError, match="more than 1,000 bytes"):
        read_text(path, "motifs")
    assert len(list(text_lines(path, "variants"))) == 100, "lines are streamed"
    monkeypatch.setattr(_bounded_files, "MAX_LINE", 50)
    path.write_bytes(gzip.compress(b"short\n" + b"A" * 51))
    with pytest.raises(ValueError, match="a line of more than 50 bytes"):
        list(text_lines(path, "variants"))


@pytest.mark.parametrize("at", [0.3, 0.9])
def test_damaged_gzip(tmp_path: Path, at: float) -> None:
    path = tmp_path / "sets.gmt.gz"
    data = gzip.compress("".join(f"s{i}\tna\tCD4\tCD8A\n" for i in range(500)).encode())
    path.write_bytes(data[: int(at * len(data))])
    with pytest.raises(ValueError, match="damaged gzip file"):
        GeneSets(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a":' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deeply"),
        ('{"a": {"CD4": ' + "9" * 5000 + "}}", "thousands of digits"),
        ('{"a": ["CD4"', "not valid JSON"),
    ],
)
def test_json(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "sets.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=message) as error:
        GeneSets(path)
    assert error.value.__cause__ is None
    assert not isinstance(error.value, json.JSONDecodeError)


@pytest.mark.parametrize(
    ("name", "text"), [("sets.gmt", "s\tna\tCD4\tCD8A\n"), ("sets.json", '{"s": ["CD4", "CD8A"]}')]
)
def test_utf16_cut_in_half(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_bytes(text.encode("utf-16")[:-1])
    with pytest.raises(ValueError, match=r"UTF-16 text that ends within a character: it is cut short"):
        GeneSets(path)


def test_utf16_variants_cut_in_half(tmp_path: Path) -> None:
    path = tmp_path / "v.vcf"
    path.write_bytes("chr1\t5\t.\tA\tC\nchr1\t9\t.\tA\tC\n".encode("utf-16")[:-1])
    with pytest.warns(UserWarning, match=r"cut short: its UTF-16 text ends within a character.*2 variants"):
        assert len(read_variants(path)) == 2
    with pytest.raises(ValueError, match="ends within a character"):
        read_variants(path, on_error="raise")


def flipped(data: bytes) -> bytes:
    """A bit in the middle is changed."""
    return data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 4]) + data[len(data) // 2 + 1 :]


@pytest.mark.parametrize("name", ["sets.gmt.gz", "v.vcf.gz", "motifs.meme.gz"])
def test_flipped_gzip(tmp_path: Path, name: str) -> None:
    """What was read before the checksum at the end may be wrong, so none of it is used."""
    (tmp_path / name).write_bytes(flipped(gzip.compress("".join(f"chr1\t{i}\t.\tA\tC\n" for i in range(999)).encode())))
    read = {"sets.gmt.gz": GeneSets, "v.vcf.gz": read_variants, "motifs.meme.gz": Motifs.read}[name]
    with pytest.raises(ValueError, match="is a damaged gzip file .*Download or write it again"):
        read(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("s.gmt", b"s\tna\tCD4\n" * 15_000_000, "has 15,000,000 lines, more than 1,048,576"),
        ("s.gmt", b"\n" * 30_000_000 + b"s\tna\tCD4\n", "has 30,000,001 lines, more than 1,048,576"),
        ("s.gmt", b"s\tna" + b"\tCD4" * 20_000_000, "has 20,000,001 entries, more than 16,777,216"),
        ("s.json", b'{"s": [' + b'"",' * 20_000_000 + b'""]}', "has 20,000,000 entries, more than 16,777,216"),
    ],
)
def test_millions_of_lines_and_entries(tmp_path: Path, name: str, text: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(text)
    start = time.process_time()
    with pytest.raises(ValueError, match=f"{message}.*max_file_size.*raise the limit"):
        GeneSets(tmp_path / name)
    assert time.process_time() - start < 5


def test_millions_of_sets_in_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "_max_file_size", 2560)
    (tmp_path / "s.json").write_text("{" + ",".join(f'"{i}":["CD4"]' for i in range(11)) + "}")
    with pytest.raises(ValueError, match="has 11 sets, more than 10"):
        GeneSets(tmp_path / "s.json")


VCF = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\nchr1\t9\t.\tA\tG\n"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("chr1\t5\t.\tA\t" + "C,G,T,AC," * 25_000 + "T", "line 4, with more than 1,000 alternative alleles"),
        ("chr1\t" + "9" * 5000 + "\t.\tA\tC", "line 4: 'chr1"),
    ],
)
def test_one_line_of_variants_out_of_bounds(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "v.vcf"
    path.write_text(f"{VCF}{line}\n")
    good, bad = read_variants(path)
    assert (good.pos, bad.status) == (9, "unparsable variant")
    assert bad.id.startswith(reason)
    write_annotated_vcf(path, tmp_path / "out.vcf", [InfoField("X", "Integer", "x")], {"X": [7, 8]})
    assert "X=7" in (tmp_path / "out.vcf").read_text().splitlines()[-2]
    assert (tmp_path / "out.vcf").read_text().splitlines()[-1] == line
    path.write_text(f"{line}\n")
    with pytest.raises(ValueError, match="this is not a line of a VCF file"):
        read_variants(path)


@pytest.mark.parametrize("text", ["chr1:5:A:" + "C," * 1001 + "G", "chr1:g." + "9" * 5000 + "A>G"])
def test_variants_as_texts_out_of_bounds(text: str) -> None:
    good, bad = read_variants(["chr1:9:A:G", text])
    assert (good.pos, bad.status) == (9, "unparsable variant")


MEME = "MEME version 4\n\nMOTIF good\nletter-probability matrix: w= 1\n1 0 0 0\n\nMOTIF bad\nletter-probability matrix: w= {}\n{}"


@pytest.mark.parametrize(
    ("width", "rows", "reason"),
    [
        ("100000", "0.97 0.01 0.01 0.01\n" * 100_000, "bad \\(it has 100,000 positions, but at most 1,000"),
        ("9" * 5000, "1 0 0 0\n", "bad \\(1 rows, but its header has"),
        ("1", "9" * 5000 + " 0 0 0\n", "bad \\(row 1 of 1 is '999"),
    ],
)
def test_motifs_out_of_bounds(tmp_path: Path, width: str, rows: str, reason: str) -> None:
    (tmp_path / "m.meme").write_text(MEME.format(width, rows))
    with pytest.warns(UserWarning, match=reason):
        assert Motifs.read(tmp_path / "m.meme").ids == ["good"]


def test_number_of_motifs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "_max_file_size", 2048 * 3)
    (tmp_path / "m.txt").write_text("".join(f">M{i}\nA 1\nC 1\nG 1\nT 1\n" for i in range(4)))
    with pytest.raises(ValueError, match="has 4 motifs, more than 3"):
        Motifs.read(tmp_path / "m.txt")


@pytest.mark.parametrize("value", [0, -1, True, "1 GB", 1.5])
def test_limit_is_a_number_of_bytes(value: object) -> None:
    with pytest.raises(ValueError, match="max_file_size must be a positive number"):
        settings.max_file_size = value  # type: ignore[assignment]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
@pytest.mark.parametrize("packed", [True, False])
def test_pipes_are_read(small: int, tmp_path: Path, packed: bool) -> None:
    """As of process substitution: ``scgsfm enrich <(cut -f 1 genes.tsv)``."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    for text in (b"CD4\nCD8A\n", b"A" * 1001):
        content = gzip.compress(text) if packed else text
        writer = threading.Thread(target=path.write_bytes, args=(content,), daemon=True)
        writer.start()
        if len(text) <= small:
            assert _bounded_files.read_bytes(path) == text
        else:
            with pytest.raises(ValueError, match="more than 1,000 bytes"):
                _bounded_files.read_bytes(path)
        writer.join(5)


def test_long_utf_16_is_not_cut(small: int, tmp_path: Path) -> None:
    path = tmp_path / "variants.vcf"
    path.write_bytes(("chr1\t5\tA\tC\n" * 100).encode("utf-16"))
    with pytest.raises(ValueError, match="`variants`: .* has more than 1,000 bytes"):
        list(text_lines(path, "variants"))


def test_lines_of_windows_count_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(settings, "_max_file_size", 2560)
    path = tmp_path / "sets.gmt"
    path.write_bytes(b"".join(b"s%d\t\tTP53\tMDM2\r\n" % i for i in range(10)))
    assert len(GeneSets(path)) == 10
