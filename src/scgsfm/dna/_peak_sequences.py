from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from scgsfm._messages import check_at_least, check_choice, warn

from ._contigs import contig_names
from ._elements import sequence_texts
from ._genome import Genome
from ._peaks import Peaks, peaks_of
from ._sequences import (
    CONTAINS_N,
    EMPTY,
    NEGATIVE,
    NO_SEQUENCE,
    OK,
    OUT_OF_BOUNDS,
    UNKNOWN_CONTIG,
    UNPARSABLE,
    Windows,
    describe_status,
    sequences_of_texts,
)

if TYPE_CHECKING:
    from anndata import AnnData


def peak_sequences(
    data: AnnData,
    sequences: Any,
    genome: Any,
    *,
    width: int | None = None,
    on_error: Literal["warn", "raise"] = "warn",
) -> Windows:
    """The sequences of whole peaks, of different lengths, which may contain N.

    Parameters
    ----------
    data
        Cells × peaks.
    sequences
        Sequences of the peaks, as in :func:`element_windows`; None for those of ``genome``.
    genome
        The genome of the peaks, see :class:`Genome`.
    width
        Number of bases around the summits or centers to use instead of the whole peaks. Given sequences are shortened to
        it, and peaks of a genome shortened or extended.
    on_error
        Whether peaks without a sequence are listed in one warning, or in an error.

    Returns
    -------
    One sequence for each peak that has one, in the order of the peaks.
    """
    check_choice("on_error", on_error, ("warn", "raise"))
    if width is not None:
        check_at_least("width", width, 1, or_none="whole peaks")
    if sequences is None and genome is None:
        msg = (
            "Give `genome`, the path of a FASTA file of the genome that the peaks are on, or `sequences`. Genomes are "
            "never downloaded."
        )
        raise ValueError(msg)
    if sequences is not None:
        found = _of_texts(sequence_texts(data, sequences), width)
    else:
        peaks = peaks_of(data.var)
        with Genome.of(genome) as opened:
            found = _of_peaks(peaks if width is None else _resized(peaks, width), opened)
    if not (found.status == OK).any():
        msg = f"No peak has a sequence: {found.summary()}."
        msg += " Is this the FASTA file of the genome that the peaks are on?" if sequences is None else ""
        raise ValueError(msg)
    if flaws := describe_status(data.var_names, found.status.tolist()):
        n_without = int((found.status != OK).sum())
        msg = f"{n_without:,} of {len(found.status):,} peaks have no sequence and are left out: {flaws}."
        if on_error == "raise":
            raise ValueError(msg)
        warn(f"{msg} `on_error='raise'` makes this an error.")
    return found


def _resized(peaks: Peaks, width: int) -> Peaks:
    """Peaks of one width around their summits or centers; those without an interval stay as they are."""
    summit = peaks.summits()
    center = np.where(summit >= 0, summit, (peaks.start + peaks.end) // 2)
    usable = peaks.end > peaks.start
    start = np.where(usable, np.maximum(center - width // 2, 0), peaks.start)
    return Peaks(peaks.contig, start, np.where(usable, start + width, peaks.end))


def _of_peaks(peaks: Peaks, genome: Genome) -> Windows:
    names = contig_names(peaks.contig.tolist(), genome.lengths)
    sequences, starts = [], []
    status = np.full(len(peaks), OK, object)
    columns = peaks.contig, peaks.start.tolist(), peaks.end.tolist()
    for i, (contig, start, end) in enumerate(zip(*columns, strict=True)):
        name = names.get(contig)
        if contig == "":
            status[i] = UNPARSABLE
        elif end <= start:
            status[i] = EMPTY if end == start else NEGATIVE
        elif name is None:
            status[i] = UNKNOWN_CONTIG
        elif start < 0 or end > genome.lengths[name]:
            status[i] = OUT_OF_BOUNDS
        elif not set(text := genome.sequence(name, start, end)) & set("ACGT"):
            status[i] = CONTAINS_N
        else:
            sequences.append(text)
            starts.append(start)
    renamed = {contig: name for contig, name in names.items() if contig != name}
    return Windows(sequences, np.flatnonzero(status == OK), np.array(starts, np.int64), status, renamed)


def _of_texts(texts: Any, width: int | None) -> Windows:
    """One window of each text. N are masked while the texts are checked, since parts of a peak may be unknown."""
    from ._sequence_text import is_sequence, sequence_text

    known = [sequence_text(text).strip().upper() if is_sequence(text) else text for text in texts]
    status = np.full(len(known), OK, object)
    sequences, starts = [], []
    for i, text in enumerate(known):
        checked = sequences_of_texts([text], max(len(text), 1) if isinstance(text, str) else 1)
        status[i] = checked.status[0]
        if status[i] not in (OK, CONTAINS_N):
            continue
        letters = text.replace("U", "T")
        at = 0 if width is None else max((len(letters) - width) // 2, 0)
        part = letters[at : at + (width or len(letters))]
        status[i] = OK if set(part) & set("ACGT") else CONTAINS_N if part else NO_SEQUENCE
        if status[i] == OK:
            sequences.append(part)
            starts.append(at)
    return Windows(sequences, np.flatnonzero(status == OK), np.array(starts, np.int64), status, {})
