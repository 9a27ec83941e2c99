"""Sequences as numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

N = 4
"""Stands for every letter that is not A, C, G or T."""
_ILLEGAL = 9
_CODES = np.full(256, _ILLEGAL, np.uint8)
for _letters in (b"RYSWKMBDHVN", b"ryswkmbdhvn"):
    _CODES[np.frombuffer(_letters, np.uint8)] = N
for _letters in (b"ACGT", b"acgt"):
    _CODES[np.frombuffer(_letters, np.uint8)] = np.arange(4)


def encode(sequences: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Sequences behind each other as 0 to 3 for A, C, G, T in any case and 4 for N, and where each begins and ends.

    Other letters of ambiguity count as N; anything else is a ValueError.
    """
    if isinstance(sequences, str):
        msg = (
            f"Sequences must be a list of texts, found the text {sequences[:20]!r}; for one sequence give a list of it."
        )
        raise TypeError(msg)
    ends = np.concatenate([[0], np.cumsum([len(sequence) for sequence in sequences], dtype=np.int64)])
    letters = _CODES[np.frombuffer("".join(sequences).encode("latin-1", "replace"), np.uint8)]
    illegal = np.flatnonzero(letters == _ILLEGAL)
    if len(illegal):
        which = int(np.searchsorted(ends, illegal[0], side="right")) - 1
        at = int(illegal[0] - ends[which])
        msg = (
            f"Sequence {which} holds {sequences[which][at]!r} at place {at}, which is no letter of DNA: sequences are "
            "made of A, C, G, T and N."
        )
        raise ValueError(msg)
    return letters, ends
