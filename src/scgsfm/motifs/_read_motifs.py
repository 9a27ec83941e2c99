"""Reading motifs from files, of which single motifs may be unreadable."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from scgsfm._bounded_files import check_count
from scgsfm._messages import check_choice, warn
from scgsfm.dna import read_text

from ._motif_formats import split_motifs

if TYPE_CHECKING:
    import os

    from ._motif_formats import MotifRecord

OnError: TypeAlias = Literal["warn", "raise"]
MAX_WIDTH = 1000
"""Largest number of positions; the longest motifs of JASPAR have 35."""
BYTES_OF_MOTIF = 2048
"""Bytes of a motif from which the largest number in a file of the largest size follows."""
MAX_LISTED = 20
"""Number of unreadable motifs that a message lists."""


def read_motifs(path: str | os.PathLike[str], *, on_error: OnError = "warn") -> list[MotifRecord]:
    """Read all motifs of a file, in the format that its content shows.

    Parameters
    ----------
    path
        MEME, TRANSFAC, or matrices below lines that begin with ``>``, plain or gzipped.
    on_error
        Whether motifs that can't be read are left out with a warning, or raise an error.

    Returns
    -------
    The motifs, with unique ids.

    Raises
    ------
    ValueError
        If the format is unknown, or no motif can be read.
    """
    check_choice("on_error", on_error, get_args(OnError))
    path = Path(path).expanduser()
    text = read_text(path, "motifs")
    records: dict[str, MotifRecord] = {}
    unreadable = []
    try:
        motifs = split_motifs(text, path.name.partition(".")[0])
    except ValueError as error:
        msg = f"{path}: {error}"
        raise ValueError(msg) from error
    check_count(len(motifs), "motifs", path, bytes_each=BYTES_OF_MOTIF)
    for motif in motifs:
        try:
            record = motif.parse()
            _check_id(record.id, records)
            _check_width(len(record.counts))
        except ValueError as error:
            unreadable.append(f"{motif.label} ({error})")
        else:
            records[record.id] = record
    if unreadable:
        more = f"; and {len(unreadable) - MAX_LISTED} more" if len(unreadable) > MAX_LISTED else ""
        reasons = f"{'; '.join(unreadable[:MAX_LISTED])}{more}"
        if not records or on_error == "raise":
            msg = f"{path}: {len(unreadable)} of {len(motifs)} motifs can't be read: {reasons}."
            raise ValueError(msg)
        warn(f"{path}: {len(unreadable)} of {len(motifs)} motifs are left out: {reasons}.")
    if not records:
        msg = f"{path} contains no motif."
        raise ValueError(msg)
    return list(records.values())


def _check_id(id_: str, records: dict[str, MotifRecord]) -> None:
    if not id_:
        msg = "it has no id"
        raise ValueError(msg)
    if id_ in records:
        msg = "it occurs more than once, and the first is kept"
        raise ValueError(msg)


def _check_width(width: int) -> None:
    if width > MAX_WIDTH:
        msg = f"it has {width:,} positions, but at most {MAX_WIDTH:,} are read"
        raise ValueError(msg)
