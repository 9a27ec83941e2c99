"""Output to terminals and pipes of any encoding."""

from __future__ import annotations

import codecs
import os
import sys
import unicodedata
import warnings
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

BROKEN_PIPE, INTERRUPTED = 141, 130
"""Exit status as in shells: 128 and the number of the signal."""
ASCII = {
    "–": "-",
    "—": "-",
    "−": "-",
    "×": "x",
    "…": "...",
    "’": "'",
    "‘": "'",
    "“": '"',
    "”": '"',
    "→": "->",
    "≥": ">=",
}
"""Replacements of characters that an encoding lacks."""


def _replace(error: UnicodeError) -> tuple[str, int]:
    """Error handler: the nearest ASCII characters, or a question mark."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    bad = error.object[error.start : error.end]
    plain = (ASCII.get(c) or unicodedata.normalize("NFKD", c).encode("ascii", "ignore").decode() or "?" for c in bad)
    return "".join(plain), error.end


codecs.register_error("scgsfm-ascii", _replace)


@contextmanager
def any_terminal() -> Iterator[None]:
    """Print characters that the encoding of a terminal lacks by similar ones, instead of failing."""
    streams = [(stream, stream.errors) for stream in (sys.stdout, sys.stderr) if hasattr(stream, "reconfigure")]
    for stream, _ in streams:
        stream.reconfigure(errors="scgsfm-ascii")
    try:
        yield
    finally:
        for stream, errors in streams:
            with suppress(OSError, ValueError):  # closed, or the reader has ended
                stream.reconfigure(errors=errors)


@contextmanager
def short_warnings() -> Iterator[None]:
    """Print a warning for users in one line, without the line of code."""
    before = warnings.formatwarning

    def format_warning(message: Warning | str, category: type[Warning], *where: object, **more: object) -> str:
        if issubclass(category, UserWarning):
            return f"scgsfm: warning: {' '.join(str(message).split())}\n"
        return before(message, category, *where, **more)  # type: ignore[arg-type]

    warnings.formatwarning = format_warning
    try:
        yield
    finally:
        warnings.formatwarning = before


def flush() -> None:
    """Write what was printed; OSError if that fails. Python's own flush at exit would print a traceback."""
    if sys.stdout is not None:  # it is None if the shell closed it
        try:
            sys.stdout.flush()
        except OSError:
            close_quietly()
            raise


def close_quietly() -> None:
    """Let Python's own flush at exit go nowhere, after the program that reads the output has ended."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
