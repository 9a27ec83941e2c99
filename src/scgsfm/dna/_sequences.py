"""Windows of one width, and the status of elements without a window."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from scgsfm._messages import listing

from ._contigs import contig_names
from ._sequence_text import is_sequence, sequence_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._genome import Genome
    from ._peaks import Peaks

Tiling: TypeAlias = Literal["centre", "tile"]

OK = "ok"
UNPARSABLE = "unparsable name"
UNKNOWN_CONTIG = "unknown contig"
OUT_OF_BOUNDS = "out of bounds"
EMPTY = "empty interval"
NEGATIVE = "negative interval"
CONTAINS_N = "contains N"
NOT_DNA = "not DNA"
NO_SEQUENCE = "no sequence"

MAX_NAME = 60
"""Number of characters of a name in a message."""
_COMPLEMENT = str.maketrans("ACGTacgtRYKMBVDHrykmbvdh", "TGCAtgcaYRMKVBHDyrmkvbhd")


@dataclass(frozen=True, eq=False)
class Windows:
    """Sequences of at most one width, and the element of each.

    Parameters
    ----------
    sequences
        In upper case.
    element
        Position of the element of each sequence, ascending.
    start
        Start of each sequence on the contig, or in the sequence given.
    status
        ``"ok"``, or why an element has no window.
    renamed
        Contigs that have another name in the FASTA file.
    """

    sequences: list[str]
    element: np.ndarray
    start: np.ndarray
    status: np.ndarray
    renamed: dict[str, str]

    def summary(self) -> str:
        """The number of elements with a window, and of each other status."""
        counts = Counter(self.status.tolist())
        n_ok = counts.pop(OK, 0)
        parts = [f"{n_ok:,} of {len(self.status):,} elements have a sequence"]
        parts += [f"{n:,} {status}" for status, n in counts.most_common()]
        if self.renamed:
            given, name = next(iter(self.renamed.items()))
            parts.append(f"{len(self.renamed):,} contigs have another name in the FASTA file ({given} is {name})")
        return "; ".join(parts)


def sequences_of_peaks(peaks: Peaks, genome: Genome, width: int, *, windows: Tiling = "centre") -> Windows:
    """The windows of peaks.

    A peak is represented by the ``width`` bases around its summit, if it has one, or its center, shifted inwards at the
    ends of a contig. With ``windows="tile"``, a longer peak is covered by the fewest windows, evenly spaced.
    """
    names = contig_names(peaks.contig.tolist(), genome.lengths)
    sequences, element, starts = [], [], []
    status = np.full(len(peaks), OK, object)
    columns = peaks.contig, peaks.start.tolist(), peaks.end.tolist(), peaks.summits().tolist()
    for i, (contig, start, end, summit) in enumerate(zip(*columns, strict=True)):
        name = names.get(contig)
        length = genome.lengths.get(name, 0) if name else 0
        if contig == "":
            status[i] = UNPARSABLE
        elif end <= start:
            status[i] = EMPTY if end == start else NEGATIVE
        elif name is None:
            status[i] = UNKNOWN_CONTIG
        elif start < 0 or end > length or length < width:
            status[i] = OUT_OF_BOUNDS
        else:
            starts_of = _starts(start, end, width, windows)
            if windows == "centre" and summit >= 0:
                starts_of = [summit - width // 2]
            positions = [min(max(at, 0), length - width) for at in starts_of]
            texts = [genome.sequence(name, at, at + width) for at in positions]
            kept = [k for k, text in enumerate(texts) if set(text) <= set("ACGT")]
            if not kept:
                status[i] = CONTAINS_N
            sequences += [texts[k] for k in kept]
            starts += [positions[k] for k in kept]
            element += [i] * len(kept)
    renamed = {contig: name for contig, name in names.items() if contig != name}
    return Windows(sequences, np.array(element, np.int64), np.array(starts, np.int64), status, renamed)


def sequences_of_texts(texts: Iterable[Any], width: int, *, windows: Tiling = "centre") -> Windows:
    """The windows of sequences; one shorter than ``width`` is its own window.

    Sequences are strings, bytes, or sequences of Biopython, of DNA or RNA; None and NaN are missing.
    """
    sequences, element, starts, status = [], [], [], []
    for i, given in enumerate(texts):
        missing = given is None or given is pd.NA or (isinstance(given, float) and np.isnan(given))
        text = sequence_text(given).strip().upper().replace("U", "T") if is_sequence(given) else ""
        if not missing and not is_sequence(given):
            status.append(f"not a sequence ({type(given).__name__})")
        elif not text:
            status.append(NO_SEQUENCE)
        elif set(text) - set("ACGTRYSWKMBDHVN"):
            status.append(NOT_DNA)
        else:
            positions = _starts(0, len(text), width, windows) if len(text) > width else [0]
            kept = [at for at in positions if set(text[at : at + width]) <= set("ACGT")]
            status.append(OK if kept else CONTAINS_N)
            sequences += [text[at : at + width] for at in kept]
            starts += kept
            element += [i] * len(kept)
    return Windows(
        sequences, np.array(element, np.int64), np.array(starts, np.int64), np.array(status, dtype=object), {}
    )


def describe_status(names: Iterable[Any], status: Iterable[str]) -> str:
    """The names of elements or variants of each status other than ``"ok"``; empty if there are none."""
    by_status: dict[str, list[str]] = {}
    for name, one in zip(map(str, names), status, strict=True):
        if one != OK:
            by_status.setdefault(one, []).append(name if len(name) <= MAX_NAME else f"{name[:MAX_NAME]}…")
    ordered = sorted(by_status.items(), key=lambda item: -len(item[1]))
    return "; ".join(f"{len(found):,} {one} ({listing(found)})" for one, found in ordered)


def reverse_complement(sequence: str) -> str:
    """The sequence of the other strand; ambiguity codes are complemented, too."""
    return sequence[::-1].translate(_COMPLEMENT)


def _starts(start: int, end: int, width: int, windows: Tiling) -> list[int]:
    if windows not in {"centre", "tile"}:
        msg = f"`windows` is {windows!r}, but must be 'centre' or 'tile'."
        raise ValueError(msg)
    if windows == "centre" or end - start <= width:
        return [(start + end) // 2 - width // 2]
    n = -(-(end - start) // width)
    return [start + round(k * (end - start - width) / (n - 1)) for k in range(n)]
