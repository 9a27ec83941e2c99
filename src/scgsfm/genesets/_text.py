"""Lines of text files as they are found: compressed or not, and in the encodings of other systems."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scgsfm._bounded_files import GZIP, check_count, read_bytes
from scgsfm._messages import GIT_LFS_POINTER, did_you_mean

if TYPE_CHECKING:
    from pathlib import Path

    from ._report import RepairReport


def check_exists(path: Path) -> None:
    """Raise if there is no file at ``path``."""
    if path.is_file():
        return
    if path.is_dir():
        msg = f"{path} is a directory; give one gene-set file."
        raise IsADirectoryError(msg)
    siblings = [item.name for item in path.parent.iterdir()] if path.parent.is_dir() else []
    msg = f"The gene-set file {path.absolute()} does not exist.{did_you_mean(path.name, siblings)}"
    raise FileNotFoundError(msg)


BYTES_OF_SET, BYTES_OF_ENTRY = 256, 16
"""Bytes of a set and of a gene or line from which the largest numbers in a file of the largest size follow."""


def read_lines(path: Path, report: RepairReport, *, bytes_of_line: int = BYTES_OF_ENTRY) -> list[str]:
    """Decoded lines of a plain or gzipped text file, without line ends and byte order mark."""
    check_exists(path)
    data = read_bytes(path)
    if path.name.lower().endswith(".gz") and not _is_compressed(path):
        report.note_file("a .gz file that is not compressed was read as text")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        if len(data) % 2:
            msg = f"{path} is UTF-16 text that ends within a character: it is cut short. Download or write it again."
            raise ValueError(msg)
        report.note_file("UTF-16 text was converted")
        data = data.decode("utf-16", errors="replace").encode()
    elif data[:3] == b"\xef\xbb\xbf":
        report.note_file("byte order mark removed")
        data = data[3:]
    _refuse_other_content(path, data)
    # lines of Windows end with both
    check_count(max(data.count(b"\n"), data.count(b"\r")), "lines", path, bytes_each=bytes_of_line)
    check_count(max(data.count(b"\t"), data.count(b",")), "entries", path, bytes_each=BYTES_OF_ENTRY)
    raw = data.splitlines(keepends=True)
    carriage = [number for number, line in enumerate(raw, start=1) if line.endswith((b"\r\n", b"\r"))]
    report.note("line ends of Windows or old Mac files converted", carriage, unit="line")
    lines, foreign = [], []
    for number, line in enumerate(raw, start=1):
        bare = line.rstrip(b"\r\n")
        try:
            lines.append(bare.decode())
        except UnicodeDecodeError:
            foreign.append(number)
            lines.append(bare.decode("cp1252", errors="replace"))
    report.note("text that is not UTF-8 read as Windows-1252", foreign, unit="line")
    return lines


def _is_compressed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == GZIP


def _refuse_other_content(path: Path, data: bytes) -> None:
    if data.startswith(GIT_LFS_POINTER):
        msg = (
            f"{path} is a pointer of Git LFS, not the file itself. Run `git lfs pull` in the repository, or download the "
            "file from its web page."
        )
        raise ValueError(msg)
    if b"\0" in data or data[:4] == b"PK\x03\x04":
        msg = f"{path} is a binary file (a spreadsheet or an archive?). Save the gene sets as text (GMT)."
        raise ValueError(msg)
    if data[:200].lstrip().lower().startswith((b"<!doctype", b"<html")):
        msg = f"{path} is a web page, not gene sets: the download returned a login or error page."
        raise ValueError(msg)
