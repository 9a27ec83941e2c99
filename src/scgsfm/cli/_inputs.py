"""Input files: cells, and genes or terms from files and from standard input."""

from __future__ import annotations

import csv
import gzip
import io
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from scgsfm._bounded_files import GZIP, read_bytes, unpack
from scgsfm._logging import logger
from scgsfm._messages import did_you_mean, listing

from ._outputs import CELLS

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping, Sequence

    from anndata import AnnData

STDIN = "-"
GENE_HELP = (
    "gene symbol, alias, Ensembl or Entrez id; or a .txt, .csv or .tsv file with a gene per line or in the first "
    "column; or - for standard input"
)
SUFFIXES = (".txt", ".csv", ".tsv", ".tab", ".lst", ".list", ".rnk", ".gz")
"""Ends of the names of files of genes. Gene names have dots, too."""
HEADERS = frozenset(
    [
        "approved_symbol",
        "ensembl",
        "ensembl_gene_id",
        "ensembl_id",
        "entrez",
        "entrez_id",
        "entrezid",
        "external_gene_name",
        "feature",
        "feature_id",
        "features",
        "gene",
        "gene_id",
        "gene_ids",
        "gene_name",
        "gene_names",
        "gene_symbol",
        "gene_symbols",
        "geneid",
        "genename",
        "genes",
        "genesymbol",
        "hgnc_symbol",
        "id",
        "ids",
        "index",
        "name",
        "names",
        "symbol",
        "symbols",
    ]
)
"""First cells that are a header, in lower case with underscores."""


def is_file(value: str) -> bool:
    """Whether an argument is a file of genes or terms, or standard input, instead of a gene or term."""
    if value == STDIN or value.lower().endswith(SUFFIXES):
        return True
    return "/" in value and Path(value).exists() and not Path(value).is_dir()


def read_genes(given: Sequence[str]) -> list[str]:
    """Genes given as arguments, with those in files and on standard input."""
    if directories := [value for value in given if "/" in value and Path(value).is_dir()]:
        raise IsADirectoryError(f"{directories[0]} is a directory. Name a file, or genes.")
    return [name for value in given for name in (genes_of(value, read_rows(value)) if is_file(value) else [value])]


def read_terms(given: Sequence[str]) -> list[str]:
    """Terms given as arguments, with those in files and on standard input: one a line, up to the first tab."""
    names: list[str] = []
    for value in given:
        names += [line.split("\t")[0].strip() for line in read_lines(value)] if is_file(value) else [value]
    return names


def read_rows(value: str) -> list[list[str]]:
    """The fields of each line of a file, or of standard input, without empty lines and comments."""
    lines = read_lines(value)
    separator = max("\t,;", key=lambda character: sum(character in line for line in lines))
    if any(separator in line for line in lines):
        rows = list(csv.reader(lines, delimiter=separator, skipinitialspace=True))
    else:
        rows = [line.split() for line in lines]
        numbers = any(map(is_number, (field for row in rows for field in row[1:])))
        if not numbers or all(field.isdigit() for row in rows for field in row):  # a list in any layout
            rows = [[name] for row in rows for name in row]
    return [[field.strip().strip('"') for field in row] for row in rows]


def without_header(rows: list[list[str]]) -> list[list[str]]:
    """The rows without the first one if it names columns: by a usual name, or since only it has no number."""
    first, *rest = rows
    usual = first[0].casefold().replace(" ", "_").replace(".", "_") in HEADERS
    numbers_follow = bool(rest) and any(map(is_number, rest[0][1:])) and not any(map(is_number, first[1:]))
    return rest if rest and (usual or numbers_follow or not first[0]) else rows


def is_number(text: str) -> bool:
    """Whether a field is a number, or missing in a column of numbers."""
    try:
        float(text)
    except ValueError:
        return text == "NA"
    return True


def genes_of(value: str, rows: list[list[str]]) -> list[str]:
    """A list of genes in one line, or else the first column; the second if the first one numbers the rows."""
    if len(rows) == 1 and not any(map(is_number, rows[0][1:])):
        return rows[0]
    body = without_header(rows)
    numbered = [row[0] for row in body] == [str(i + 1) for i in range(len(body))]
    column = int(numbered and body is not rows and not rows[0][0] and len(body[0]) > 1)
    width = max(map(len, body))
    if width > 1:
        logger.info("%s: genes are column %d of %d", _name(value), column + 1, width)
    return [row[column] for row in body if row[column:] and row[column]]


def read_lines(value: str) -> list[str]:
    """Lines of a file, plain or gzipped, in UTF-8, UTF-16 or the Western encoding of Windows."""
    if value == STDIN:
        raw = _read_stdin()
    elif not Path(value).exists():
        raise FileNotFoundError(f"FILE: {value} does not exist.")
    else:
        raw = read_bytes(Path(value))
    if value == STDIN and raw.startswith(GZIP):
        raw = unpack(gzip.GzipFile(fileobj=io.BytesIO(raw)), _name(value))
    text = _decoded(raw, value)
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if not lines:
        raise ValueError(f"{_name(value)} is empty.")
    return lines


def _read_stdin() -> bytes:
    if sys.stdin is None:
        raise ValueError("Standard input is closed, so that - can't be read.")
    return sys.stdin.buffer.read() if hasattr(sys.stdin, "buffer") else sys.stdin.read().encode()


def read_sets_of_stdin(args: argparse.Namespace) -> None:
    """Put the gene sets that ``--sets -`` reads from standard input in the place of the option."""
    if getattr(args, "sets", None) != STDIN:
        return
    others = [value for name, value in vars(args).items() if name != "sets"]
    if any(value == STDIN or (isinstance(value, list) and STDIN in value) for value in others):
        raise ValueError("--sets: standard input is given twice. Write the genes or the sets to a file.")
    raw = _read_stdin()
    if not raw.strip():
        raise ValueError("--sets: standard input is empty.")
    from scgsfm import GeneSets

    ending = ".json" if raw.lstrip()[:1] in (b"{", b"[") else ".gmt"
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / f"standard-input{ending}"
        path.write_bytes(raw)
        args.sets = GeneSets(path)


def _decoded(raw: bytes, value: str) -> str:
    if b"\0" in raw and not raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ValueError(f"{_name(value)} is not a text file.")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return raw.decode("utf-16")
        except UnicodeDecodeError as error:
            raise ValueError(f"{_name(value)} is UTF-16 that is cut short or damaged ({error}).") from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _name(value: str) -> str:
    return "standard input" if value == STDIN else value


def check_cells(path: Path) -> None:
    """Raise an error if a file of cells has another extension or does not exist."""
    if path.suffix not in CELLS:
        raise ValueError(f"FILE: {path} must end in .h5ad or .zarr.")
    if not path.exists():
        raise FileNotFoundError(f"FILE: {path} does not exist.")


def check_columns(
    path: Path,
    *,
    groupby: str | None = None,
    gene_symbols: str | None = None,
    layer: str | None = None,
    obs: Mapping[str, str | None] | None = None,
) -> None:
    """Raise an error if a file of cells lacks a column or layer, before its matrix is read.

    ``obs`` has further options that name a column of ``.obs``.
    """
    columns = {"--groupby": groupby, **(obs or {})}
    if gene_symbols is layer is None and not any(columns.values()):
        return
    from scgsfm._adata import open_store

    with reading(path), open_store(path) as store:
        present = {name: list(map(str, store[name].attrs["column-order"])) for name in ("obs", "var")}
        layers = list(store["layers"]) if "layers" in store else []
    for option, value, where, names in (
        *((option, column, ".obs", present["obs"]) for option, column in columns.items()),
        ("--gene-symbols", gene_symbols, ".var", present["var"]),
        ("--layer", layer, ".layers", layers),
    ):
        if value is not None and value not in names:
            similar = did_you_mean(value, names) or f" It has {listing(names)}." * bool(names)
            raise ValueError(f"{option}: {value!r} is not in {where} of {path}.{similar}")


def read_cells(path: Path) -> AnnData:
    """Read an .h5ad or .zarr file into memory."""
    from scgsfm._adata import read_any

    check_cells(path)
    with reading(path):
        return read_any(path)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Name the file in errors of the libraries that read it."""
    try:
        yield
    except Exception as error:  # anndata, h5py and zarr raise many kinds
        reason = " ".join(str(error).split()).rstrip(".")
        raise ValueError(f"FILE: {path} can't be read as {path.suffix}: {reason}.") from error
