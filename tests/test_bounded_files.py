from __future__ import annotations

import gzip
import json
import os
import threading
from typing import TYPE_CHECKING

import pytest

from scgsfm import GeneSets, _bounded_files
from scgsfm.dna._text_files import read_text, text_lines
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
    for n_genes, fits in ((100, True), (1000, False)):
        text = ("s\tna" + "\tCD4" * n_genes + "\n").encode()
        path.write_bytes(gzip.compress(text) if packed else text)
        if fits:
            assert _bounded_files.read_bytes(path) == text
        else:
            with pytest.raises(ValueError, match=r"more than 1,000 bytes.*max_file_size.*raise the limit"):
                GeneSets(path)
    settings.max_file_size = 10_000
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


def test_utf16_cut_in_half(tmp_path: Path) -> None:
    path = tmp_path / "sets.gmt"
    path.write_bytes("s\tna\tCD4\tCD8A\n".encode("utf-16")[:-1])
    with pytest.warns(UserWarning, match="UTF-16"):
        assert GeneSets(path)["s"][0] == "CD4"


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
