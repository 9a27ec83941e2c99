"""GMT and JSON files: reading whatever is found under these names, writing what every reader accepts."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from scgsfm._messages import did_you_mean

from ._repairs import Repairs
from ._table import Draft, is_weighted_text
from ._tables import Pairs, draft_sets

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

_OTHER = {
    ".csv": "Read a table with pandas.read_csv and give GeneSets the DataFrame (columns source, target, weight).",
    ".tsv": "Read a table with pandas.read_csv(sep='\\t') and give GeneSets the DataFrame (source, target, weight).",
    ".parquet": "Read it with pandas.read_parquet and give GeneSets the DataFrame (columns source, target, weight).",
    ".xlsx": "Read it with pandas.read_excel and give GeneSets a DataFrame (columns source, target, weight).",
    ".gmx": "GMX holds one set a column: give GeneSets a dict, or save the sets as GMT (one set a row).",
    ".grp": "GRP holds one nameless list of genes: give GeneSets {'name': [genes]}.",
    ".xml": "Download the same sets as GMT or JSON.",
}
SUFFIXES = frozenset({".gmt", ".json", ".txt", *_OTHER})
_NUMBER = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*", re.IGNORECASE)
_JOINED = re.compile(r"[^\s,;]+(?:\s*[;,]\s*|\s+)[^\s,;]+(?:(?:\s*[;,]\s*|\s+)[^\s,;]+)*[\s;,]*")


def suffix(path: str | os.PathLike[str]) -> str:
    """The extension of ``path`` in lower case, without ``.gz``."""
    return Path(Path(path).name.lower().removesuffix(".gz")).suffix


def read_file(path: str | os.PathLike[str]) -> Draft:
    """Read a file by its extension; one that is not known raises and says what to do."""
    kind = suffix(path)
    if kind == ".json":
        return read_json(path)
    if kind == ".gmt":
        return read_gmt(path)
    if kind == ".txt":
        draft = read_gmt(path)
        draft.repairs.note_file("a .txt file was taken for GMT")
        return draft
    hint = _OTHER.get(kind, "Use GeneSets.from_gmt or GeneSets.from_json if it is such a file under another name.")
    _existing(Path(path))
    raise ValueError(
        f"{path}: gene sets are read from .gmt, .gmt.gz and .json files, not from {kind or 'this'}. {hint}"
    )


def read_gmt(path: str | os.PathLike[str]) -> Draft:
    """Read a GMT file: one set a line, name, description and genes separated by tabs."""
    repairs = Repairs(Path(path).name, "line")
    rows: list[tuple[int, list[str]]] = []
    blank, tabs, untabbed = [], [], []
    for number, line in enumerate(_lines(Path(path), repairs), start=1):
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
    repairs.note("blank lines skipped", blank)
    repairs.note("tabs or blanks at line ends removed", tabs)
    repairs.note("lines without a tab left out", untabbed)
    _note_missing_description(rows, repairs)
    numbers = np.array([number for number, _ in rows])
    sizes = np.array([max(len(fields) - 2, 0) for _, fields in rows])
    entries = [gene for _, fields in rows for gene in fields[2:]]
    return Draft(
        repairs,
        names=[fields[0] for _, fields in rows],
        places=numbers.tolist(),
        owners=np.repeat(np.arange(len(rows)), sizes),
        entries=np.array(entries, dtype=object),
        entry_places=np.repeat(numbers, sizes),
    )


def read_json(path: str | os.PathLike[str]) -> Draft:
    """Read a JSON object: name to genes, name to {gene: weight}, or MSigDB's name to {"geneSymbols": genes}."""
    repairs = Repairs(Path(path).name, "set")
    text = "\n".join(_lines(Path(path), repairs))
    try:
        content = json.loads(text, object_pairs_hook=Pairs)
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is not valid JSON: {error}.") from error
    if not isinstance(content, Pairs):
        raise ValueError(f"{path}: expected a JSON object of set names, found a {type(content).__name__}.")
    sets = [
        (name, dict(value).get("geneSymbols", value) if isinstance(value, Pairs) else value) for name, value in content
    ]
    return draft_sets(sets, repairs)


def write_gmt(path: str | os.PathLike[str], sets: Iterable[tuple[str, list[str], list[float] | None]]) -> None:
    """Write GMT, with entries ``GENE,1.5`` where there are weights; compressed if the name ends in ``.gz``."""
    lines = []
    for name, genes, weights in sets:
        if odd := next((text for text in [name, *genes] if re.search(r"[\t\r\n]", text)), None):
            raise ValueError(f"GMT cannot hold the name {odd!r}: it has a tab or a line end. Rename it first.")
        if weights is None and any(is_weighted_text(gene) for gene in genes):
            weights = [1.0] * len(genes)
        entries = genes if weights is None else [f"{g},{w!r}" for g, w in zip(genes, weights, strict=True)]
        lines.append("\t".join([name, "na", *entries]) + "\n")
    data = "".join(lines).encode()
    Path(path).write_bytes(gzip.compress(data, mtime=0) if str(path).lower().endswith(".gz") else data)


def _refuse_other_formats(path: str | os.PathLike[str], rows: list[tuple[int, list[str]]], untabbed: list[int]) -> None:
    """Raise where reading the lines as GMT would give wrong sets."""
    if not rows and not untabbed:
        raise ValueError(f"{path} is empty.")
    if len(untabbed) > len(rows):
        raise ValueError(
            f"{path} is no GMT file: {'most' if rows else 'all'} lines lack tabs (line {untabbed[0]} is the first). "
            "It needs one set a line, with name, description and genes separated by tabs, not by spaces or commas."
        )
    header = [field.strip().lower() for field in rows[0][1][:2]]
    if header == ["source", "target"] or all(len(row) == 3 and _NUMBER.fullmatch(row[2]) for _, row in rows):
        raise ValueError(
            f"{path} holds a long table (source, target, weight), not GMT. "
            "Read it with pandas.read_csv(sep='\\t') and give GeneSets the DataFrame."
        )
    joined = [number for number, row in rows if len(row) == 3 and _JOINED.fullmatch(row[2].strip())]
    if 2 * len(joined) > len(rows):
        raise ValueError(
            f"{path}: the genes are separated by spaces, commas or semicolons (line {joined[0]} is the first of "
            f"{len(joined)}); GMT separates them by tabs."
        )


def _note_missing_description(rows: list[tuple[int, list[str]]], repairs: Repairs) -> None:
    genes = {gene for _, row in rows for gene in row[2:]} - {""}
    found = [number for number, row in rows if len(row) > 2 and row[1] in genes and row[1] != row[0]]
    if 2 * len(found) > len(rows):
        repairs.note(
            "the second column looks like genes but GMT keeps it for a description: these genes are not in the sets",
            found,
        )


def _existing(path: Path) -> None:
    if path.is_file():
        return
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; give one gene-set file.")
    beside = [item.name for item in path.parent.iterdir()] if path.parent.is_dir() else []
    raise FileNotFoundError(f"There is no gene-set file {path.absolute()}.{did_you_mean(path.name, beside)}")


def _lines(path: Path, repairs: Repairs) -> list[str]:
    """Decoded lines of a plain or compressed text file, without line ends and byte order mark."""
    _existing(path)
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        try:
            data = gzip.decompress(data)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise ValueError(f"{path} is a damaged gzip file ({error}). Download or write it again.") from error
    elif path.name.lower().endswith(".gz"):
        repairs.note_file("a .gz file that is not compressed was read as text")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        repairs.note_file("UTF-16 text was converted")
        data = data.decode("utf-16").encode()
    elif data[:3] == b"\xef\xbb\xbf":
        repairs.note_file("byte order mark removed")
        data = data[3:]
    if b"\0" in data or data[:4] == b"PK\x03\x04":
        raise ValueError(f"{path} is a binary file (a spreadsheet or an archive?). Save the gene sets as text (GMT).")
    if data[:200].lstrip().lower().startswith((b"<!doctype", b"<html")):
        raise ValueError(f"{path} is a web page, not gene sets: the download gave a login or error page.")
    raw = data.splitlines(keepends=True)
    carriage = [number for number, line in enumerate(raw, start=1) if line.endswith((b"\r\n", b"\r"))]
    repairs.note("line ends of Windows or old Mac files converted", carriage, unit="line")
    lines, foreign = [], []
    for number, line in enumerate(raw, start=1):
        line = line.rstrip(b"\r\n")
        try:
            lines.append(line.decode())
        except UnicodeDecodeError:
            foreign.append(number)
            lines.append(line.decode("latin-1"))
    repairs.note("text that is not UTF-8 read as Latin-1", foreign, unit="line")
    return lines
