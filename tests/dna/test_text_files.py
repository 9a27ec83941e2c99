from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from scgsfm.dna import read_text, text_lines

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a\nb\n", "a\nb\n"),
        (b"\xef\xbb\xbfa\r\nb", "a\nb\n"),
        (b"a\rb\r", "a\nb\n"),
        ("ä\nb\n".encode("latin-1"), "ä\nb\n"),
        ("ä\nb\n".encode("utf-16"), "ä\nb\n"),
        (b"", ""),
    ],
)
def test_encodings_and_line_ends(content: bytes, expected: str, tmp_path: Path) -> None:
    for packed in (content, gzip.compress(content)):
        (tmp_path / "f").write_bytes(packed)
        assert read_text(tmp_path / "f", "file") == expected


def test_errors(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="`file`: there is no file"):
        read_text(tmp_path / "f", "file")
    with pytest.raises(IsADirectoryError, match="`file`: .* is a directory"):
        read_text(tmp_path, "file")
    (tmp_path / "f").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    with pytest.raises(ValueError, match="`file`: .* is a Git LFS pointer"):
        read_text(tmp_path / "f", "file")
    (tmp_path / "f").write_bytes(gzip.compress(bytes(range(256)) * 100)[:150])
    with pytest.raises(ValueError, match="cut short or damaged"):
        list(text_lines(tmp_path / "f", "file"))
