"""Text files as users have them: plain or gzipped, in UTF-8, UTF-16 or Latin-1, with any line ends."""

from __future__ import annotations

import codecs
import gzip
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from scgsfm._bounded_files import lines_of
from scgsfm._messages import GIT_LFS_POINTER
from scgsfm.settings import settings

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator

_GZIP = b"\x1f\x8b"


class TruncatedFileError(ValueError):
    """A file ends early."""


def text_lines(path: str | os.PathLike[str], argument: str) -> Iterator[str]:
    """Yield the lines of a text file, without line ends.

    Parameters
    ----------
    path
        A plain or gzipped file. Bytes that aren't UTF-8 are read as Latin-1.
    argument
        Name of the argument, for messages.

    Raises
    ------
    FileNotFoundError, IsADirectoryError
        If there is no file.
    ValueError
        If the file is a Git LFS pointer.
    ValueError
        If a gzipped file is damaged: what was read of it may be wrong.
    TruncatedFileError
        After the last line that could be read, if a gzipped file or UTF-16 text ends early.
    """
    with open_binary(path, argument) as file:
        try:
            first = file.peek(2)[:2]  # type: ignore[attr-defined]
            if first in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
                data = _whole(file, path, argument)
                yield from data.decode("utf-16", "ignore").splitlines()
                if len(data) % 2:
                    msg = f"`{argument}`: {path} is cut short: its UTF-16 text ends within a character."
                    raise TruncatedFileError(msg)
            else:
                yield from _decoded(lines_of(file, f"`{argument}`: {path}"))
        except EOFError as error:
            msg = f"`{argument}`: {path} is cut short or damaged ({error}): the gzipped file isn't complete."
            raise TruncatedFileError(msg) from error
        except (zlib.error, gzip.BadGzipFile) as error:
            msg = f"`{argument}`: {path} is a damaged gzip file ({error}). Download or write it again."
            raise ValueError(msg) from error


def read_text(path: str | os.PathLike[str], argument: str) -> str:
    """Read a whole text file, see :func:`text_lines`, with line feeds as line ends."""
    parts, size = [], 0
    for line in text_lines(path, argument):
        size += len(line) + 1
        if size > settings.max_file_size:
            raise _too_large(path, argument)
        parts.append(f"{line}\n")
    return "".join(parts)


def _whole(file: BinaryIO, path: str | os.PathLike[str], argument: str) -> bytes:
    """The content of an open file of at most ``settings.max_file_size`` bytes."""
    data = file.read(settings.max_file_size + 1)
    if len(data) > settings.max_file_size:
        raise _too_large(path, argument)
    return data


def _too_large(path: str | os.PathLike[str], argument: str) -> ValueError:
    return ValueError(
        f"`{argument}`: {path} has more than {settings.max_file_size:,} bytes, the limit of "
        "`scgsfm.settings.max_file_size`."
    )


def open_binary(path: str | os.PathLike[str], argument: str) -> BinaryIO:
    """Open a plain or gzipped file, after checks that name what is wrong with it."""
    path = Path(path).expanduser()
    if path.is_dir():
        msg = f"`{argument}`: {path} is a directory, but must be a file."
        raise IsADirectoryError(msg)
    if not path.is_file():
        msg = f"`{argument}`: there is no file {path}."
        raise FileNotFoundError(msg)
    with path.open("rb") as file:
        start = file.read(len(GIT_LFS_POINTER))
    if start == GIT_LFS_POINTER:
        msg = f"`{argument}`: {path} is a Git LFS pointer, not the file itself: run `git lfs pull` in its repository."
        raise ValueError(msg)
    return gzip.open(path, "rb") if start[:2] == _GZIP else path.open("rb")  # type: ignore[return-value]


def _decoded(lines: Iterable[bytes]) -> Iterator[str]:
    first = True
    for line in lines:
        raw = line.removeprefix(codecs.BOM_UTF8) if first else line
        first = False
        # a file of the old Mac OS is a single line
        for part in raw.rstrip(b"\r\n").split(b"\r"):
            try:
                yield part.decode()
            except UnicodeDecodeError:
                yield part.decode("latin-1")
