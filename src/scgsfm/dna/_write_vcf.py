"""VCF files with further INFO fields, plain or compressed as bgzip does."""

from __future__ import annotations

import struct
import zlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ._read_variants import MAX_ALLELES, MAX_DIGITS
from ._text_files import TruncatedFileError, text_lines

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping, Sequence

COLUMNS = ("CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO")
_BLOCK = 65_280
"""Number of bytes in a block of bgzip."""
_HEAD = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0"
_END = _HEAD + b"\x1b\0\x03\0" + bytes(8)
_RESERVED = str.maketrans({" ": "_", ",": "&", ";": "&", "=": "_", "\t": "_"})
MISSING = "."


class InfoField(NamedTuple):
    """A field with one value for each alternative allele."""

    id: str
    type: str
    """``"Float"`` or ``"String"``."""
    description: str

    def __str__(self) -> str:
        return f'##INFO=<ID={self.id},Number=A,Type={self.type},Description="{self.description}">'


def info_text(value: object) -> str:
    """A value as it may stand in INFO: blanks as ``_``, commas as ``&``, and ``.`` if it is missing."""
    if value is None or value != value or value == "":  # noqa: PLR0124  NaN
        return MISSING
    return f"{value:.4g}" if isinstance(value, float) else str(value).replace(", ", "&").translate(_RESERVED)


def write_annotated_vcf(
    source: str | os.PathLike[str],
    output: str | os.PathLike[str],
    fields: Sequence[InfoField],
    values: Mapping[str, Sequence[object]],
) -> None:
    """Write a VCF file with further INFO fields.

    All lines and other columns stay as they are. Fields of the same names, from an earlier annotation, are replaced.
    Lines without an alternative allele (``.``), and lines that can't be read, get no value.

    Parameters
    ----------
    source
        The VCF file, plain or gzipped.
    output
        The file to write; one that ends in ``.gz`` or ``.bgz`` is compressed in blocks as by bgzip, for tabix.
    fields
        The fields.
    values
        Values of each field, one for each alternative allele of each line, in the order of
        :func:`scgsfm.dna.read_variants`.
    """
    output = Path(output).expanduser()
    lines = _annotated(_readable(text_lines(source, "variants")), fields, values)
    with output.open("wb") as file:
        if output.suffix not in {".gz", ".bgz"}:
            file.writelines(line.encode() for line in lines)
            return
        waiting = b""
        for line in lines:
            waiting += line.encode()
            while len(waiting) >= _BLOCK:
                file.write(_compressed(waiting[:_BLOCK]))
                waiting = waiting[_BLOCK:]
        file.write((_compressed(waiting) if waiting else b"") + _END)


def _readable(lines: Iterable[str]) -> Iterator[str]:
    """The lines up to where a compressed file is cut short, which was reported when it was read."""
    with suppress(TruncatedFileError):
        yield from lines


def _compressed(data: bytes) -> bytes:
    """A block of bgzip: a member of gzip that states its size."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(data) + packer.flush()
    return (
        _HEAD
        + struct.pack("<H", len(packed) + len(_HEAD) + 9)
        + packed
        + struct.pack("<II", zlib.crc32(data), len(data))
    )


def _annotated(
    lines: Iterable[str], fields: Sequence[InfoField], values: Mapping[str, Sequence[object]]
) -> Iterator[str]:
    names = {field.id for field in fields}
    at, begun = 0, False
    for number, line in enumerate(filter(str.strip, lines)):
        if number == 0 and not line.startswith("##fileformat"):
            yield "##fileformat=VCFv4.2\n"
        if line.startswith("##"):
            if not line.startswith(tuple(f"##INFO=<ID={name}," for name in names)):
                yield f"{line}\n"
            continue
        if not begun:
            begun = True
            yield from (f"{field}\n" for field in fields)
            yield _column_line(line)
        if line.startswith("#"):
            continue
        words = line.split("\t") if line.count("\t") > 3 else line.split()
        if (
            len(words) < 5
            or not words[1].isdecimal()
            or len(words[1]) > MAX_DIGITS
            or words[4].count(",") >= MAX_ALLELES
        ):
            at += 1
            yield f"{line}\n"
            continue
        n = len(words[4].split(","))
        words += [MISSING] * (len(COLUMNS) - len(words))
        if words[4] != MISSING:
            new = {field.id: ",".join(map(info_text, values[field.id][at : at + n])) for field in fields}
            words[7] = _info(words[7], new)
        at += n
        yield "\t".join(words) + "\n"


def _info(before: str, new: Mapping[str, str]) -> str:
    """The INFO column with new values, which replace those of the same fields."""
    kept = [part for part in before.split(";") if part not in {MISSING, ""} and part.split("=")[0] not in new]
    return ";".join([*kept, *(f"{name}={text}" for name, text in new.items())])


def _column_line(line: str) -> str:
    """The line with the names of the columns, which files without a header lack."""
    words = (line.split("\t") if "\t" in line else line.split()) if line.startswith("#") else ["#CHROM"]
    return "\t".join([*words, *COLUMNS[len(words) :]]) + "\n"
