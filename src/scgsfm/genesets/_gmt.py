"""Reading and writing of GMT and JSON files."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from scgsfm._messages import did_you_mean

from ._from_memory import JSONObject, parse_sets
from ._normalize import ParsedGeneSets, is_weighted_text
from ._report import RepairReport

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

_OTHER = {
    ".csv": "Read a table with pandas.read_csv and give GeneSets the DataFrame (columns source, target, weight).",
    ".tsv": "Read a table with pandas.read_csv(sep='\\t') and give GeneSets the DataFrame (source, target, weight).",
    ".parquet": "Read it with pandas.read_parquet and give GeneSets the DataFrame (columns source, target, weight).",
    ".xlsx": "Read it with pandas.read_excel and give GeneSets a DataFrame (columns source, target, weight).",
    ".gmx": "GMX has one set per column: give GeneSets a dict, or save the sets as GMT (one set per row).",
    ".grp": "GRP has one unnamed list of genes: give GeneSets {'name': [genes]}.",
    ".xml": "Download the same sets as GMT or JSON.",
}
SUFFIXES = frozenset({".gmt", ".json", ".txt", *_OTHER})
_NUMBER = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*", re.IGNORECASE)
_JOINED = re.compile(r"[^\s,;]+(?:\s*[;,]\s*|\s+)[^\s,;]+(?:(?:\s*[;,]\s*|\s+)[^\s,;]+)*[\s;,]*")


def suffix(path: str | os.PathLike[str]) -> str:
    """The extension of ``path`` in lower case, without ``.gz``."""
    return Path(Path(path).name.lower().removesuffix(".gz")).suffix


def read_file(path: str | os.PathLike[str]) -> ParsedGeneSets:
    """Read a file by its extension. An unknown extension raises with advice."""
    kind = suffix(path)
    if kind == ".json":
        return read_json(path)
    if kind == ".gmt":
        return read_gmt(path)
    if kind == ".txt":
        parsed = read_gmt(path)
        parsed.report.note_file("a .txt file was read as GMT")
        return parsed
    hint = _OTHER.get(kind, "If it is GMT or JSON, rename it accordingly.")
    _existing(Path(path))
    msg = f"{path}: gene sets are read from .gmt, .gmt.gz and .json files, not from {kind or 'this'}. {hint}"
    raise ValueError(msg)


def read_gmt(path: str | os.PathLike[str]) -> ParsedGeneSets:
    """Read a GMT file: one set per line, with name, description and genes separated by tabs."""
    report = RepairReport(Path(path).name, "line")
    rows: list[tuple[int, list[str]]] = []
    blank, tabs, untabbed = [], [], []
    for number, line in enumerate(_lines(Path(path), report), start=1):
        if not line.strip():
            blank.append(number)
        elif "\t" not in line:
            untabbed.append(number)
        else:
            bare = line.rstrip("\t ")
            if bare != line:
                tabs.append(number)
            rows.append((number, bare.split("\t")))
    _refuse_other_formats(path, rows, untabbed)
    report.note("blank lines skipped", blank)
    report.note("tabs or blanks at line ends removed", tabs)
    report.note("lines without a tab left out", untabbed)
    _note_missing_description(rows, report)
    numbers = np.array([number for number, _ in rows])
    sizes = np.array([max(len(fields) - 2, 0) for _, fields in rows])
    entries = [gene for _, fields in rows for gene in fields[2:]]
    return ParsedGeneSets(
        report,
        names=[fields[0] for _, fields in rows],
        positions=numbers.tolist(),
        set_indices=np.repeat(np.arange(len(rows)), sizes),
        entries=np.array(entries, dtype=object),
        entry_positions=np.repeat(numbers, sizes),
    )


def read_json(path: str | os.PathLike[str]) -> ParsedGeneSets:
    """Read a JSON object: name to genes, name to {gene: weight}, or MSigDB's name to {"geneSymbols": genes}."""
    report = RepairReport(Path(path).name, "set")
    text = "\n".join(_lines(Path(path), report))
    try:
        content = json.loads(text, object_pairs_hook=JSONObject)
    except json.JSONDecodeError as error:
        msg = f"{path} is not valid JSON: {error}."
        raise ValueError(msg) from error
    if not isinstance(content, JSONObject):
        msg = f"{path}: expected a JSON object of set names, found a {type(content).__name__}."
        raise ValueError(msg)
    sets = [
        (name, dict(value).get("geneSymbols", value) if isinstance(value, JSONObject) else value)
        for name, value in content
    ]
    return parse_sets(sets, report)


def write_gmt(path: str | os.PathLike[str], sets: Iterable[tuple[str, list[str], list[float] | None]]) -> None:
    """Write GMT, with entries ``GENE,1.5`` where there are weights; compressed if the name ends in ``.gz``."""
    lines = []
    for name, genes, given in sets:
        weights = given
        if odd := next((text for text in [name, *genes] if re.search(r"[\t\r\n]", text)), None):
            msg = f"GMT cannot hold the name {odd!r}: it contains a tab or a line end. Rename it first."
            raise ValueError(msg)
        if weights is None and any(is_weighted_text(gene) for gene in genes):
            weights = [1.0] * len(genes)
        entries = genes if weights is None else [f"{g},{w!r}" for g, w in zip(genes, weights, strict=True)]
        lines.append("\t".join([name, "na", *entries]) + "\n")
    data = "".join(lines).encode()
    Path(path).write_bytes(gzip.compress(data, mtime=0) if str(path).lower().endswith(".gz") else data)


def _refuse_other_formats(path: str | os.PathLike[str], rows: list[tuple[int, list[str]]], untabbed: list[int]) -> None:
    """Raise if reading the lines as GMT would give wrong sets."""
    if not rows and not untabbed:
        msg = f"{path} is empty."
        raise ValueError(msg)
    if len(untabbed) > len(rows):
        msg = (
            f"{path} is not a GMT file: {'most' if rows else 'all'} lines lack tabs (first: line {untabbed[0]}). "
            "GMT has one set per line, with name, description and genes separated by tabs, not by spaces or commas."
        )
        raise ValueError(msg)
    header = [field.strip().lower() for field in rows[0][1][:2]]
    if header == ["source", "target"] or all(len(row) == 3 and _NUMBER.fullmatch(row[2]) for _, row in rows):
        msg = (
            f"{path} is a long table (source, target, weight), not GMT. "
            "Read it with pandas.read_csv(sep='\\t') and give GeneSets the DataFrame."
        )
        raise ValueError(msg)
    joined = [number for number, row in rows if len(row) == 3 and _JOINED.fullmatch(row[2].strip())]
    if 2 * len(joined) > len(rows):
        msg = (
            f"{path}: the genes are separated by spaces, commas or semicolons (line {joined[0]} and others, "
            f"{len(joined)} in all); GMT separates them by tabs."
        )
        raise ValueError(msg)


def _note_missing_description(rows: list[tuple[int, list[str]]], report: RepairReport) -> None:
    genes = {gene for _, row in rows for gene in row[2:]} - {""}
    suspects = [number for number, row in rows if len(row) > 2 and row[1] in genes and row[1] != row[0]]
    if 2 * len(suspects) > len(rows):
        report.note(
            "the second column looks like genes, but GMT reserves it for a description: these genes are not in the sets",
            suspects,
        )


def _existing(path: Path) -> None:
    if path.is_file():
        return
    if path.is_dir():
        msg = f"{path} is a directory; give one gene-set file."
        raise IsADirectoryError(msg)
    siblings = [item.name for item in path.parent.iterdir()] if path.parent.is_dir() else []
    msg = f"The gene-set file {path.absolute()} does not exist.{did_you_mean(path.name, siblings)}"
    raise FileNotFoundError(msg)


def _lines(path: Path, report: RepairReport) -> list[str]:
    """Decoded lines of a plain or gzipped text file, without line ends and byte order mark."""
    _existing(path)
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        try:
            data = gzip.decompress(data)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            msg = f"{path} is a damaged gzip file ({error}). Download or write it again."
            raise ValueError(msg) from error
    elif path.name.lower().endswith(".gz"):
        report.note_file("a .gz file that is not compressed was read as text")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        report.note_file("UTF-16 text was converted")
        data = data.decode("utf-16").encode()
    elif data[:3] == b"\xef\xbb\xbf":
        report.note_file("byte order mark removed")
        data = data[3:]
    if b"\0" in data or data[:4] == b"PK\x03\x04":
        msg = f"{path} is a binary file (a spreadsheet or an archive?). Save the gene sets as text (GMT)."
        raise ValueError(msg)
    if data[:200].lstrip().lower().startswith((b"<!doctype", b"<html")):
        msg = f"{path} is a web page, not gene sets: the download returned a login or error page."
        raise ValueError(msg)
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
            lines.append(bare.decode("latin-1"))
    report.note("text that is not UTF-8 read as Latin-1", foreign, unit="line")
    return lines
