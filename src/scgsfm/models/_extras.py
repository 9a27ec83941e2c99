"""Packages of the extra ``llm``: a clear message if one is missing."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def needs(package: str) -> Iterator[None]:
    """Turn a failed import of a package inside the block into advice."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != package:
            raise
        msg = f"GP-GPT needs {package}, which is not installed: pip install 'scgsfm[llm]'."
        raise ImportError(msg) from error
