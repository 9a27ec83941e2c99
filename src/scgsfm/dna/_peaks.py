"""Peaks from names such as ``chr1:100-300`` or from columns."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from scgsfm._bounded_files import to_numbers
from scgsfm._logging import logger
from scgsfm._messages import warn
from scgsfm.genes import features_of_type

from ._contigs import contig_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

CONTIG_COLUMNS = ("chrom", "chr", "seqnames", "chromosome", "seqname", "contig")
START_COLUMNS = ("start", "chromstart")
END_COLUMNS = ("end", "chromend")
SUMMIT_COLUMN = "summit_offset"
"""Column of the summit, as its distance from the start; -1 for none, as in narrowPeak files."""
_NUMBER = r"-?\d[\d,]*(?:\.0+)?"
_INTERVAL = rf"(?P<start>{_NUMBER})(?:[-_]|\.\.)(?P<end>{_NUMBER})"
_STRAND = r"(?:\([-+.*]\)|:[-+.*])?"
# a contig may contain the separators, so the last two numbers are the start and the end
_NAME = re.compile(rf"(?:.*::)?(?P<contig>\S*[^\s:_-])[:_-]{_INTERVAL}{_STRAND}")
# names with something behind the interval, such as '_peak' or the '-1' of `var_names_make_unique`
MAX_DIGITS = 18
"""Positions with more digits may not fit into 64 bits."""
_LONGER_NAME = re.compile(rf"(?:.*::)?(?P<contig>\S*?[^\s:_-])[:_-]{_INTERVAL}{_STRAND}[-_.,;|\s].*")


@dataclass(frozen=True, eq=False)
class Peaks:
    """Intervals: contig (``""`` for unparsable names), start (0-based) and end (exclusive).

    ``summit`` is the position of the summit of each, or -1 for none.
    """

    contig: np.ndarray
    start: np.ndarray
    end: np.ndarray
    summit: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.contig)

    def __getitem__(self, rows: np.ndarray) -> Peaks:
        summit = None if self.summit is None else self.summit[rows]
        return Peaks(self.contig[rows], self.start[rows], self.end[rows], summit)

    def summits(self) -> np.ndarray:
        """Position of the summit of each interval, or -1."""
        return np.full(len(self), -1) if self.summit is None else self.summit


def parse_peak(name: str) -> tuple[str, int, int] | None:
    """Contig, start and end of ``contig:start-end``, ``contig-start-end`` or ``contig_start_end``; else ``None``.

    A strand (``(+)`` or ``:+``), a name in front (``peak1::``, as bedtools writes it), and anything behind the interval
    (``_peak``) are ignored.
    """
    text = str(name).strip()
    found = _NAME.fullmatch(text)
    parsed = None if found is None else _interval(found)
    if (parsed is None or parsed[2] < parsed[1]) and (longer := _LONGER_NAME.fullmatch(text)):
        return _interval(longer)
    return parsed


def _interval(found: re.Match[str]) -> tuple[str, int, int] | None:
    """Contig, start and end; ``None`` for numbers beyond 64 bits, which are no positions."""
    start, end = (found[key].replace(",", "").partition(".")[0] for key in ("start", "end"))
    if max(len(start), len(end)) > MAX_DIGITS:
        return None
    return contig_text(found["contig"]), int(start), int(end)


def peaks_of(var: pd.DataFrame) -> Peaks:
    """The peaks of data: from columns for contig, start and end if there are any, else from the names.

    Columns are ``chrom``, ``chr`` or ``seqnames``, ``start`` and ``end``, in any case; or ``interval``, with
    names. If columns and names differ, the columns are used and a warning is issued. A column ``summit_offset`` has the
    distance of the summit from the start, as in narrowPeak files. Features that are not peaks by the column
    ``feature_types`` have no interval.
    """
    is_peak = features_of_type(var, "Peaks")
    if is_peak is None or is_peak.all():
        return _intervals(var)
    if not is_peak.any():
        msg = f"None of the {len(var):,} features is a peak by `var['feature_types']`: give data with peaks."
        raise ValueError(msg)
    logger.debug("%d of %d features are peaks; genes and others are left out", int(is_peak.sum()), len(var))
    # the first peak of the selection where there is one, an empty name for the others
    peaks = _intervals(var[is_peak])[np.maximum(np.cumsum(is_peak) - 1, 0)]
    return replace(peaks, contig=np.where(is_peak, peaks.contig, ""))


def _intervals(var: pd.DataFrame) -> Peaks:
    """The peaks of features that are all peaks."""
    by_name = _from_names(var.index)
    lower = {str(column).lower(): column for column in reversed(var.columns)}
    found = [
        next((lower[c] for c in names if c in lower), None) for names in (CONTIG_COLUMNS, START_COLUMNS, END_COLUMNS)
    ]
    if None in found:
        if "interval" in lower and not _parsed(by_name).any():
            by_name = _from_names(var[lower["interval"]])
        if not _parsed(by_name).any() and len(var):
            msg = (
                f"No peak can be parsed from `var_names`, of which the first is {str(var.index[0])!r}: names must look like "
                "'chr1:100-300', or `var` must have the columns 'chrom' (or 'chr', 'seqnames'), 'start' and 'end'; it "
                f"has {', '.join(map(repr, var.columns)) or 'none'}."
            )
            raise ValueError(msg)
        return by_name
    peaks = _from_columns(var, *found)  # type: ignore[arg-type]
    differ = _parsed(by_name) & _parsed(peaks)
    differ &= (by_name.contig != peaks.contig) | (by_name.start != peaks.start) | (by_name.end != peaks.end)
    if differ.any():
        i = int(differ.argmax())
        msg = (
            f"Names and columns of `var` differ for {int(differ.sum())} of {len(var)} peaks: {str(var.index[i])!r} has "
            f"{peaks.contig[i]}, {peaks.start[i]}, {peaks.end[i]} in the columns {', '.join(map(repr, found))}. The "
            "columns are used (starts 0-based, ends exclusive); drop them to have the names used."
        )
        warn(msg)
    return peaks


def _parsed(peaks: Peaks) -> np.ndarray:
    return np.asarray(peaks.contig != "")


def _from_names(names: Iterable[str]) -> Peaks:
    parsed = [parse_peak(name) or ("", 0, 0) for name in names]
    contig, start, end = zip(*parsed, strict=True) if parsed else ((), (), ())
    return Peaks(np.array(contig, object), np.array(start, np.int64), np.array(end, np.int64))


def _from_columns(var: pd.DataFrame, contig: str, start: str, end: str) -> Peaks:
    columns = [start, end, *([SUMMIT_COLUMN] if SUMMIT_COLUMN in var else [])]
    bounds = [to_numbers(var[column].astype(object)).to_numpy(np.float64) for column in columns]
    readable = ~var[contig].isna().to_numpy()
    for bound in bounds[:2]:
        readable &= np.isfinite(bound) & (bound == np.rint(bound))
    texts = [contig_text(name) for name in var[contig].astype(object)]
    names = np.where(readable, np.array(texts, object), "")
    starts, ends = (np.where(np.isfinite(bound), bound, 0).astype(np.int64) for bound in bounds[:2])
    if len(bounds) == 2:
        return Peaks(names, starts, ends)
    offset = np.where(np.isfinite(bounds[2]), bounds[2], -1).astype(np.int64)
    return Peaks(names, starts, ends, np.where((offset >= 0) & (offset < ends - starts), starts + offset, -1))
