"""Sequences of other types as text: bytes, arrays, and sequences of Biopython and similar packages."""

from __future__ import annotations

from typing import Any

import numpy as np


def sequence_text(value: Any) -> str:
    """The bases of a sequence as a string, as they are.

    Parameters
    ----------
    value
        A string, bytes, an array of single bases, a sequence of Biopython, pyfaidx or scikit-bio, or a record with one.

    Raises
    ------
    TypeError
        If it is none of these.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode("latin-1")
    if isinstance(value, np.ndarray) and value.ndim == 1 and (value.dtype.kind in "US" or value.dtype == np.uint8):
        return value.tobytes().decode("latin-1") if value.dtype.itemsize == 1 else "".join(value.astype(str).tolist())
    if hasattr(value, "seq"):
        return sequence_text(value.seq)
    if _is_foreign(value):
        return str(value)
    msg = f"a {type(value).__name__} is not a sequence: give a string, bytes, Bio.Seq or SeqRecord"
    raise TypeError(msg)


def is_sequence(value: Any) -> bool:
    """Whether :func:`sequence_text` reads a value."""
    try:
        sequence_text(value[:0] if hasattr(value, "__getitem__") else value)
    except (TypeError, IndexError, KeyError):
        return False
    return True


def _is_foreign(value: Any) -> bool:
    """Whether a value is a sequence of Biopython, scikit-bio or a similar package, whose text is the sequence."""
    return type(value).__module__.split(".")[0] in {"Bio", "skbio", "pyfaidx"}
