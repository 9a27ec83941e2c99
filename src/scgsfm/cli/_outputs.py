"""Output files: checked before the work, never replaced without ``--force``, and complete or absent."""

from __future__ import annotations

import re
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scgsfm._logging import logger

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    import pandas as pd
    from anndata import AnnData

    from ._parser import Parser

CELLS = (".h5ad", ".zarr")
TABLES = (".csv", ".csv.gz", ".tsv", ".tsv.gz")


def add_table_output(parser: Parser) -> None:
    """Add ``--output`` for a table that is printed otherwise, and ``--force``."""
    text = "write the table to this .csv or .tsv file (.gz compresses) instead of printing it"
    parser.output.add_argument("-o", "--output", type=Path, metavar="FILE", help=text)
    add_force(parser)


def add_cell_output(parser: Parser, more: str = "") -> None:
    """Add ``--output`` for cells, and ``--force``."""
    text = f"output, .h5ad or .zarr{more}"
    parser.output.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help=text)
    add_force(parser)


def add_force(parser: argparse.ArgumentParser) -> None:
    """Add ``--force``."""
    group = getattr(parser, "output", parser)  # the options of training have a parser of their own
    group.add_argument("--force", action="store_true", help="replace the output if it exists")


def check_output(
    path: Path,
    suffixes: Sequence[str],
    *,
    force: bool,
    source: Path | None = None,
    header: str | None = None,
    argument: str = "--output",
) -> None:
    """Raise an error if ``path`` can't or must not be written.

    Parameters
    ----------
    path
        The output.
    suffixes
        Allowed ends of its name.
    force
        Whether an existing output may be replaced.
    source
        The input, which is not replaced without ``force`` either.
    header
        Pattern of the first line of tables that the same command writes. An existing table with such a line is an
        earlier result, and is replaced.
    argument
        Name of the option, for messages.
    """
    if _is_device(path):
        return
    if not path.name.endswith(tuple(suffixes)):
        allowed = " or ".join([", ".join(suffixes[:-1]), suffixes[-1]]) if len(suffixes) > 1 else suffixes[0]
        raise ValueError(f"{argument}: {path} must end in {allowed}.")
    parent = path.absolute().parent
    if not parent.is_dir():
        raise FileNotFoundError(f"{argument}: the directory {parent} does not exist. Create it, or choose another.")
    if source is not None and not force and path.exists() and source.exists() and path.samefile(source):
        raise FileExistsError(
            f"{argument}: {path} is the input. Choose another output, or replace the input by --force."
        )
    if path.is_dir() and path.suffix != ".zarr":
        raise IsADirectoryError(f"{argument}: {path} is a directory.")
    if path.exists() and not force and not _is_earlier_table(path, header):
        raise FileExistsError(f"{argument}: {path} already exists. Choose another output, or replace it by --force.")
    if path.is_dir() and any(path.iterdir()) and not any((path / name).exists() for name in _ZARR):
        raise FileExistsError(f"{argument}: {path} is a directory but not a zarr store, and is not replaced.")
    try:
        tempfile.TemporaryFile(dir=parent).close()
    except OSError as error:
        raise PermissionError(f"{argument}: {parent} can't be written ({error.strerror}). Choose another.") from error


def _is_earlier_table(path: Path, header: str | None) -> bool:
    """Whether a file is a table whose first line has a pattern."""
    if header is None or not path.is_file():
        return False
    with path.open("rb") as file:
        line = file.readline(1000).decode("utf-8", errors="replace").rstrip("\r\n")
    if re.fullmatch(header, line) is None:
        return False
    logger.info("%s is an earlier table of the same command, and is replaced", path)
    return True


def check_directory(path: Path, *, replaced: Sequence[str] = (), force: bool = False) -> None:
    """Raise an error if ``path`` can't be an output directory, or if it has files that would be replaced."""
    if path.exists() and not path.is_dir():
        raise NotADirectoryError(f"--output: {path} is a file.")
    if not force and (found := [name for name in replaced if (path / name).exists()]):
        raise FileExistsError(
            f"--output: {path} contains {found[0]}. Choose another directory, or replace it by --force."
        )
    parent = next(each for each in (path.absolute(), *path.absolute().parents) if each.exists())
    try:
        tempfile.TemporaryFile(dir=parent).close()
    except OSError as error:
        raise PermissionError(f"--output: {parent} can't be written ({error.strerror}). Choose another.") from error


_ZARR = ("zarr.json", ".zgroup", ".zattrs", ".zmetadata")
"""Files at the root of a zarr store."""


def _is_device(path: Path) -> bool:
    """Whether the path is a device or pipe, such as /dev/stdout or /dev/null."""
    if str(path).startswith(("/dev/fd/", "/dev/std")):  # a regular file if the shell redirects it
        return True
    return path.exists() and not path.is_file() and not path.is_dir()


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """A path to write to; it gets the name ``path`` when the block ends without an error."""
    if _is_device(path):
        yield path
        return
    path = path.resolve()  # a link stays a link
    part = path.with_name(f"part-of-{path.name}")
    try:
        yield part
        move(part, path)
    finally:
        _remove(part)


def move(new: Path, path: Path) -> None:
    """Give a complete output its final name, in place of an output that exists."""
    if path.is_dir() or (new.is_dir() and path.exists()):  # a directory can't be replaced in one step
        _remove(path)
    new.replace(path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_table(table: pd.DataFrame, path: Path, *, index: bool = False, float_format: str | None = None) -> None:
    """Write a table, separated by commas, or by tabs if the name says so."""
    separator = "\t" if path.name.endswith((".tsv", ".tsv.gz")) else ","
    options: dict[str, Any] = {"sep": separator, "index": index, "float_format": float_format}
    with new_file(path) as part:
        table.to_csv(part, **options)


def write_cells(adata: AnnData, path: Path) -> None:
    """Write AnnData as .h5ad or .zarr."""
    with new_file(path) as part:
        (adata.write_zarr if path.suffix == ".zarr" else adata.write_h5ad)(part)
