"""Text files of unknown origin: compressed bytes, lines, JSON and numbers with bounds on memory, depth and length."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from typing import TYPE_CHECKING, Any, Final

from .settings import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import BinaryIO

    import pandas as pd

GZIP: Final = b"\x1f\x8b"
MAX_LINE: Final = 2**26
"""Longest line in bytes: a line of a VCF file with a hundred thousand samples is a few million."""

MAX_NUMBER: Final = 64
"""Longest text of a number that pandas parses."""
_LONG_EXPONENT = re.compile(r"[eE][+-]?\d{4}")


def to_numbers(column: pd.Series) -> pd.Series:
    """Numbers of a column; missing where the text is none.

    :func:`pandas.to_numeric` ends the process at some numbers with a long exponent, so that Python parses them: they are 0
    or infinite.
    """
    import pandas as pd

    is_text = column.dtype == object or pd.api.types.is_string_dtype(column.dtype)
    if is_text or isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object).map(_without_long_exponent)
    return pd.to_numeric(column, errors="coerce")


def _without_long_exponent(value: object) -> object:
    if not isinstance(value, str) or (len(value) <= MAX_NUMBER and not _LONG_EXPONENT.search(value)):
        return value
    try:
        return float(value)
    except ValueError:
        return None


def read_bytes(path: Path) -> bytes:
    """Content of a plain or gzipped file of at most ``settings.max_file_size`` bytes, uncompressed.

    Raises ValueError for a larger one, before it fills the memory, and for a damaged one.
    """
    limit = settings.max_file_size
    with path.open("rb") as file:
        if file.peek(2)[:2] == GZIP:  # not by going back in the file, which may be a pipe
            return unpack(gzip.GzipFile(fileobj=file), path)
        if path.stat().st_size > limit:
            raise _too_large(path, "")
        data = file.read() if path.is_file() else file.read(limit + 1)
    if len(data) > limit:
        raise _too_large(path, "")
    return data


def unpack(file: Any, name: object) -> bytes:
    """Content of an open gzipped file, with the bound of :func:`read_bytes`. The file is closed."""
    try:
        with file:
            data: bytes = file.read(settings.max_file_size + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        msg = f"{name} is a damaged gzip file ({error}). Download or write it again."
        raise ValueError(msg) from error
    if len(data) > settings.max_file_size:
        raise _too_large(name, ", uncompressed")
    return data


def lines_of(file: BinaryIO, name: object) -> Iterator[bytes]:
    """Yield the lines of an open file, each of at most ``MAX_LINE`` bytes."""
    while line := file.readline(MAX_LINE + 1):
        if len(line) > MAX_LINE:
            msg = (
                f"{name} has a line of more than {MAX_LINE:,} bytes. Check that it is a text file of the expected kind."
            )
            raise ValueError(msg)
        yield line


def parse_json(text: str, name: object, *, object_pairs_hook: Callable[[list[Any]], Any] | None = None) -> Any:
    """Content of a JSON text. Raises ValueError if it is not JSON, or nested or with numbers beyond any use."""
    try:
        return json.loads(text, object_pairs_hook=object_pairs_hook)
    except json.JSONDecodeError as error:
        msg = f"{name} is not valid JSON: {error}."
    except RecursionError:
        msg = f"{name} is not valid here: its JSON is nested too deeply."
    except ValueError:  # of Python, for integers of more than 4,300 digits
        msg = f"{name} is not valid here: its JSON has a number with thousands of digits."
    raise ValueError(msg) from None


def check_count(n: int, what: str, name: object, *, bytes_each: int) -> None:
    """Raise ValueError if ``n`` entries of ``bytes_each`` bytes would exceed ``settings.max_file_size``.

    Short lines and entries take many times their size in memory.
    """
    if n > (most := settings.max_file_size // bytes_each):
        msg = (
            f"{name} has {n:,} {what}, more than {most:,}, which `scgsfm.settings.max_file_size` allows "
            f"({bytes_each} bytes each). Check that it is the file you mean; if it is, raise the limit."
        )
        raise ValueError(msg)


def _too_large(name: object, how: str) -> ValueError:
    limit = settings.max_file_size
    return ValueError(
        f"{name} has more than {limit:,} bytes{how}, the limit of `scgsfm.settings.max_file_size`. Check that it is the "
        "file you mean; if it is, raise the limit."
    )
