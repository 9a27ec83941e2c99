"""Packages of extras: a clear message if one is missing."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def needs(package: str, what: str = "GP-GPT", extra: str = "llm") -> Iterator[None]:
    """Turn a failed import of a package inside the block into advice: what needs it, and the extra that installs it."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != package:
            raise
        msg = f"{what} needs {package}, which is not installed: pip install 'scgsfm[{extra}]'."
        raise ImportError(msg) from error
