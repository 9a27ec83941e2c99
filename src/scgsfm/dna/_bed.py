"""Intervals from BED and narrowPeak files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scgsfm._bounded_files import to_numbers
from scgsfm._logging import logger
from scgsfm._messages import listing, warn

from ._contigs import contig_text
from ._peaks import CONTIG_COLUMNS, END_COLUMNS, START_COLUMNS, SUMMIT_COLUMN
from ._text_files import text_lines

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

_HEADERS = ("track", "browser")
_NARROW_PEAK = 10
"""Number of columns of a narrowPeak file; the last is the distance of the summit from the start."""


def read_bed(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read the intervals of a BED, narrowPeak or broadPeak file, plain or gzipped.

    Columns are separated by tabs or blanks. Lines for the browser (``track``, ``browser``), comments and a line with the
    names of the columns are no intervals. Contigs may contain ``#``.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    A table with the columns ``chrom``, ``start`` (0-based), ``end`` (exclusive), and, if the file has them, ``name``,
    ``strand`` and ``summit_offset``. The index is ``chrom:start-end``. Lines that can't be read have missing values, and
    are listed in one warning.

    Raises
    ------
    ValueError
        If the file has no intervals.
    """
    path = Path(path).expanduser()
    rows, header, numbers = _table_lines(path)
    at = _columns(header)
    if not header and _is_narrow_peak(path, rows):
        at[SUMMIT_COLUMN] = _NARROW_PEAK - 1
    width = 1 + max(at["chrom"], at["start"], at["end"])
    rows = [[*row, *[""] * (width - len(row))] for row in rows]
    chrom = [contig_text(row[at["chrom"]]) for row in rows]
    start, end = (_integers([row[at[key]] for row in rows]) for key in ("start", "end"))
    unreadable = np.flatnonzero(np.isnan(start) | np.isnan(end))
    if len(unreadable) == len(rows):
        msg = f"{path} has no intervals: each line needs a contig, a start (0-based) and an end, separated by tabs."
        raise ValueError(msg)
    if len(unreadable):
        lines = listing([f"line {numbers[i]}" for i in unreadable], 10)
        warn(f"{path}: {len(unreadable)} of {len(rows)} lines have no interval and get no prediction: {lines}.")
    if _is_one_based(rows, header, start, end):
        logger.debug("%s has a column of widths by which starts are 1-based; 1 was subtracted from them", path)
        start = start - 1
    names = [
        f"{contig}:{first:.0f}-{last:.0f}" if np.isfinite(last - first) else " ".join(row)
        for contig, first, last, row in zip(chrom, start, end, rows, strict=True)
    ]
    table = pd.DataFrame({"chrom": chrom, "start": start, "end": end}, index=pd.Index(names, dtype=object))
    for key in ("name", "strand", SUMMIT_COLUMN):
        if key in at:
            values = [row[at[key]] if len(row) > at[key] else "" for row in rows]
            table[key] = _integers(values) if key == SUMMIT_COLUMN else values
    return table


def _table_lines(path: Path) -> tuple[list[list[str]], list[str], list[int]]:
    """Rows, the names of the columns if the file has them, and the numbers of the lines of the rows."""
    rows: list[list[str]] = []
    header: list[str] = []
    numbers: list[int] = []
    for number, line in enumerate(text_lines(path, "FILE"), start=1):
        words = [word.strip() for word in line.split("\t")] if "\t" in line else line.split()
        if not line.strip() or (words[0].split(" ")[0] in _HEADERS and not _is_interval(words)):
            continue
        if not rows and not header and _names_columns(words):
            header = [word.lstrip("#").strip().lower() for word in words]
            continue
        if line.startswith("#") and not _is_interval(words):
            continue
        rows.append(words)
        numbers.append(number)
    return rows, header, numbers


def _is_narrow_peak(path: Path, rows: list[list[str]]) -> bool:
    """Whether the tenth column has summits, which the name of the file or its content shows."""
    if any(len(row) != _NARROW_PEAK for row in rows):
        return False
    if path.name.lower().removesuffix(".gz").endswith(".narrowpeak"):
        return True
    # a BED file of ten columns has thick starts in the seventh and eighth, between start and end
    fractions = [word for row in rows for word in row[6:9]]
    return any("." in word for word in fractions) and not np.isnan(_integers([row[9] for row in rows])).any()


def _is_interval(words: Sequence[str]) -> bool:
    return len(words) > 2 and not np.isnan(_integers(words[1:3])).any()


def _names_columns(words: Sequence[str]) -> bool:
    lower = [word.lstrip("#").strip().lower() for word in words]
    return bool(set(lower) & {*CONTIG_COLUMNS}) and bool(set(lower) & {*START_COLUMNS})


def _columns(header: list[str]) -> dict[str, int]:
    """The position of each column, by the header or the format."""
    named = {
        "chrom": CONTIG_COLUMNS,
        "start": START_COLUMNS,
        "end": (*END_COLUMNS, "stop"),
        "name": ("name",),
        "strand": ("strand",),
        SUMMIT_COLUMN: (SUMMIT_COLUMN, "peak"),
    }
    if header:
        found = {
            key: next((header.index(name) for name in names if name in header), None) for key, names in named.items()
        }
        out = {key: at for key, at in found.items() if at is not None}
        return {"chrom": 0, "start": 1, "end": 2} | out
    return {"chrom": 0, "start": 1, "end": 2, "name": 3, "strand": 5}


def _integers(words: Sequence[str]) -> np.ndarray:
    """Whole numbers, also as ``100.0`` or ``1e3``; NaN for anything else."""
    numbers = to_numbers(pd.Series([word.replace(",", "") for word in words], dtype=object))
    values: np.ndarray = numbers.to_numpy(np.float64)
    return np.where(np.isfinite(values) & (values == np.rint(values)), values, np.nan)


def _is_one_based(rows: list[list[str]], header: list[str], start: np.ndarray, end: np.ndarray) -> bool:
    """Whether a column of widths, as R and MACS write it, shows that starts are 1-based."""
    at = next((header.index(name) for name in ("width", "length") if name in header), None)
    if at is None:
        return False
    widths = _integers([row[at] if len(row) > at else "" for row in rows])
    readable = np.isfinite(widths) & np.isfinite(start) & np.isfinite(end)
    return bool(readable.any() and (widths == end - start + 1)[readable].all())
