"""Windows of one width, and why there is none."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from ._genome import Genome, contig_names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._peaks import Peaks

Tiling: TypeAlias = Literal["centre", "tile"]

OK = "ok"
UNREADABLE = "name not read"
UNKNOWN = "unknown contig"
OFF = "off the end"
HAS_N = "holds N"
NO_DNA = "not DNA"
EMPTY = "no sequence"


@dataclass(frozen=True, eq=False)
class Windows:
    """Sequences of at most one width, and which element each is from.

    Parameters
    ----------
    sequences
        In upper case.
    element
        Position of the element of each, ascending.
    start
        Where each begins: on the contig, or in the sequence given.
    status
        ``"ok"``, or why an element has no window.
    renamed
        Contigs that go by another name in the FASTA file.
    """

    sequences: list[str]
    element: np.ndarray
    start: np.ndarray
    status: np.ndarray
    renamed: dict[str, str]

    def summary(self) -> str:
        """How many elements have windows, and what is with the others."""
        counts = Counter(self.status.tolist())
        n_ok = counts.pop(OK, 0)
        told = [f"{n_ok:,} of {len(self.status):,} elements have a sequence"]
        told += [f"{n:,} {what}" for what, n in counts.most_common()]
        if self.renamed:
            one = next(iter(self.renamed.items()))
            told.append(f"{len(self.renamed):,} contigs go by another name in the FASTA ({one[0]} is {one[1]})")
        return "; ".join(told)


def sequences_of_peaks(peaks: Peaks, genome: Genome, width: int, *, windows: Tiling = "centre") -> Windows:
    """The windows of peaks.

    A peak is represented by the ``width`` bases around its middle, moved inwards where these reach over the end of the
    contig; with ``windows="tile"`` a longer one by as many windows side by side as cover it, evenly spread.
    """
    names = contig_names(peaks.contig.tolist(), genome.lengths)
    sequences, element, starts = [], [], []
    status = np.full(len(peaks), OK, object)
    for i, (contig, start, end) in enumerate(zip(peaks.contig, peaks.start.tolist(), peaks.end.tolist(), strict=True)):
        name = names.get(contig)
        length = genome.lengths.get(name, 0) if name else 0
        if contig == "" or end <= start:
            status[i] = UNREADABLE
        elif name is None:
            status[i] = UNKNOWN
        elif start < 0 or end > length or length < width:
            status[i] = OFF
        else:
            places = [min(max(at, 0), length - width) for at in _starts(start, end, width, windows)]
            texts = [genome.sequence(name, at, at + width) for at in places]
            whole = [k for k, text in enumerate(texts) if set(text) <= set("ACGT")]
            if not whole:
                status[i] = HAS_N
            sequences += [texts[k] for k in whole]
            starts += [places[k] for k in whole]
            element += [i] * len(whole)
    renamed = {contig: name for contig, name in names.items() if contig != name}
    return Windows(sequences, np.array(element, np.int64), np.array(starts, np.int64), status, renamed)


def sequences_of_texts(texts: Iterable[str | None], width: int, *, windows: Tiling = "centre") -> Windows:
    """The windows of sequences; one shorter than ``width`` is taken as it is."""
    sequences, element, starts, status = [], [], [], []
    for i, given in enumerate(texts):
        text = given.strip().upper() if isinstance(given, str) else ""
        letters = set(text)
        if not text:
            status.append(EMPTY)
        elif letters - set("ACGTRYSWKMBDHVN"):
            status.append(NO_DNA)
        else:
            places = _starts(0, len(text), width, windows) if len(text) > width else [0]
            whole = [at for at in places if set(text[at : at + width]) <= set("ACGT")]
            status.append(OK if whole else HAS_N)
            sequences += [text[at : at + width] for at in whole]
            starts += whole
            element += [i] * len(whole)
    return Windows(
        sequences, np.array(element, np.int64), np.array(starts, np.int64), np.array(status, dtype=object), {}
    )


def _starts(start: int, end: int, width: int, windows: Tiling) -> list[int]:
    if windows not in {"centre", "tile"}:
        msg = f"`windows` is {windows!r}, but must be 'centre' or 'tile'."
        raise ValueError(msg)
    if windows == "centre" or end - start <= width:
        return [(start + end) // 2 - width // 2]
    n = -(-(end - start) // width)
    return [start + round(k * (end - start - width) / (n - 1)) for k in range(n)]
