"""Sequences as numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

N = 4
"""The code of ambiguous bases."""
_ILLEGAL = 9
_CODES = np.full(256, _ILLEGAL, np.uint8)
_CODES[np.frombuffer(b"RYSWKMBDHVNryswkmbdhvn", np.uint8)] = N
_CODES[np.frombuffer(b"ACGTacgt", np.uint8)] = np.tile(np.arange(4), 2)


def encode(sequences: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Encode sequences as 0 to 3 for A, C, G and T, in any case, and 4 for N and other ambiguity codes.

    Returns
    -------
    The codes of all sequences, concatenated, and the boundaries of the sequences (one more than there are sequences).
    """
    if isinstance(sequences, str):
        msg = f"Sequences must be a list of strings, found the string {sequences[:20]!r}; give a single sequence as a list."
        raise TypeError(msg)
    sequences = list(sequences)
    if (other := next((i for i, each in enumerate(sequences) if not isinstance(each, str)), None)) is not None:
        msg = f"Sequence {other} is {sequences[other]!r}, but must be a string."
        raise TypeError(msg)
    ends = np.concatenate([[0], np.cumsum([len(sequence) for sequence in sequences], dtype=np.int64)])
    codes = _CODES[np.frombuffer("".join(sequences).encode("latin-1", "replace"), np.uint8)]
    illegal = np.flatnonzero(codes == _ILLEGAL)
    if len(illegal):
        which = int(np.searchsorted(ends, illegal[0], side="right")) - 1
        at = int(illegal[0] - ends[which])
        msg = (
            f"Sequence {which} contains {sequences[which][at]!r} at position {at}, which is not a base: sequences must "
            "consist of A, C, G, T and N."
        )
        raise ValueError(msg)
    return codes, ends
