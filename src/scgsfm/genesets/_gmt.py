"""Reading and writing of GMT and JSON files."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from scgsfm._bounded_files import check_count, parse_json

from ._descriptions import move_genes_from_descriptions
from ._entry_names import read_entry_names
from ._from_memory import JSONObject, parse_sets
from ._normalize import ParsedGeneSets, is_weighted_text
from ._report import RepairReport
from ._text import BYTES_OF_SET, check_exists, read_lines

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence

    from ._report import OnError

_OTHER = {
    ".csv": "Read a table with pandas.read_csv and give GeneSets the DataFrame (columns source, target, weight).",
    ".tsv": "Read a table with pandas.read_csv(sep='\\t') and give GeneSets the DataFrame (source, target, weight).",
    ".parquet": "Read it with pandas.read_parquet and give GeneSets the DataFrame (columns source, target, weight).",
    ".xlsx": "Read it with pandas.read_excel and give GeneSets a DataFrame (columns source, target, weight).",
    ".gmx": "GMX has one set per column: give GeneSets a dict, or save the sets as GMT (one set per row).",
    ".grp": "GRP has one unnamed list of genes: give GeneSets {'name': [genes]}.",
    **dict.fromkeys([".zip", ".bz2", ".xz", ".7z", ".rar"], "Unpack it first."),
    ".xml": "Download the same sets as GMT or JSON.",
}
SUFFIXES = frozenset({".gmt", ".json", ".txt", *_OTHER})
_NUMBER = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*", re.IGNORECASE)
_JOINED = re.compile(r"[^\s,;]+(?:\s*[;,]\s*|\s+)[^\s,;]+(?:(?:\s*[;,]\s*|\s+)[^\s,;]+)*[\s;,]*")


def suffix(path: str | os.PathLike[str]) -> str:
    """The extension of ``path`` in lower case, without ``.gz``."""
    return Path(Path(path).name.lower().removesuffix(".gz")).suffix


def read_file(path: str | os.PathLike[str], on_error: OnError = "warn") -> ParsedGeneSets:
    """Read a file by its extension. An unknown extension raises with advice."""
    path = Path(path).expanduser()
    kind = suffix(path)
    if kind == ".json":
        return read_json(path, on_error)
    if kind == ".gmt":
        return read_gmt(path, on_error)
    if kind == ".txt":
        parsed = read_gmt(path, on_error)
        parsed.report.note_file("a .txt file was read as GMT")
        return parsed
    hint = advice(kind) or "If it is GMT or JSON, rename it accordingly."
    check_exists(path)
    msg = f"{path}: gene sets are read from .gmt, .gmt.gz and .json files, not from {kind or 'this'}. {hint}"
    raise ValueError(msg)


def advice(kind: str) -> str:
    """How to use a file with another extension; empty for an unknown one."""
    return _OTHER.get(kind, "")


def read_gmt(path: str | os.PathLike[str], on_error: OnError = "warn") -> ParsedGeneSets:
    """Read a GMT file: one set per line, with name, description and genes separated by tabs."""
    report = RepairReport(Path(path).name, "line", on_error)
    rows: list[tuple[int, list[str]]] = []
    blank, tabs, untabbed, comments = [], [], [], []
    for number, line in enumerate(read_lines(Path(path), report, bytes_of_line=BYTES_OF_SET), start=1):
        if not line.strip():
            blank.append(number)
        elif "\t" not in line:
            untabbed.append(number)
        elif line.startswith("#"):
            comments.append(number)
        else:
            bare = line.rstrip("\t ")
            if bare != line:
                tabs.append(number)
            rows.append((number, bare.split("\t")))
    _refuse_other_formats(path, rows, untabbed)
    report.note("blank lines skipped", blank)
    report.note("comment lines skipped", comments)
    report.note("tabs or blanks at line ends removed", tabs)
    report.note("lines without a tab left out", untabbed)
    move_genes_from_descriptions(rows, report)
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


def read_json(path: str | os.PathLike[str], on_error: OnError = "warn") -> ParsedGeneSets:
    """Read a JSON object: name to genes, name to {gene: weight}, or MSigDB's name to {"geneSymbols": genes}."""
    report = RepairReport(Path(path).name, "set", on_error)
    text = "\n".join(read_lines(Path(path), report))
    content = parse_json(text, path, object_pairs_hook=JSONObject)
    if not isinstance(content, JSONObject):
        msg = f"{path}: expected a JSON object of set names, found a {type(content).__name__}."
        raise ValueError(msg)
    check_count(len(content), "sets", path, bytes_each=BYTES_OF_SET)
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
    _refuse_joined(path, rows)


def _refuse_joined(path: str | os.PathLike[str], rows: Sequence[tuple[int, list[str]]]) -> None:
    """Raise if most lines have one entry that joins genes in a way that can't be read."""
    joined = {n: row[2].strip() for n, row in rows if len(row) == 3 and _JOINED.fullmatch(row[2].strip())}
    if 2 * len(joined) <= len(rows):
        return
    read = read_entry_names(joined.values())
    unread = [number for number, entry in joined.items() if entry not in read.genes]
    if 2 * len(unread) > len(rows):
        msg = (
            f"{path}: the genes are separated by spaces, commas or semicolons (line {unread[0]} and others, "
            f"{len(unread)} in all); GMT separates them by tabs."
        )
        raise ValueError(msg)
