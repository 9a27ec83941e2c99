"""What changes on disk: directories that are marked while they are written, temporary files of killed processes, versions of files."""

from __future__ import annotations

import glob
import os
import shutil
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK: Final = "unfinished.txt"
STALE: Final = 2 * 86_400.0
"""Age in seconds of temporary files that no running process writes, even if the clock was set by a day."""
RANDOM: Final = 8 * "[a-z0-9_]"
"""Random part of the names that :mod:`tempfile` gives."""


@contextmanager
def unfinished(folder: Path) -> Iterator[Path]:
    """A directory, created if it does not exist, with a mark in it until the block has ended without an error."""
    folder.mkdir(parents=True, exist_ok=True)
    mark = folder / MARK
    mark.write_text("This directory is being written, or was left by a run that was interrupted.\n", encoding="utf-8")
    yield folder
    mark.unlink()


def version_of(file: Path) -> tuple[int, ...]:
    """What differs between two versions of a file: the time, size and number of the file, none of them compared with a clock."""
    stat = file.stat()
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def check_finished(folder: str | os.PathLike[str]) -> None:
    """Raise ValueError if a directory has the mark."""
    mark = Path(folder) / MARK
    if mark.is_file():
        msg = (
            f"{os.fspath(folder)} is incomplete: the run that wrote it was interrupted ({MARK}). Run it again; if it is "
            "still running, wait for it."
        )
        raise ValueError(msg)


def remove_stale(folder: Path, prefix: str, *, directories: bool = False) -> None:
    """Remove temporary files, or directories, of :mod:`tempfile` with a prefix, last changed more than two days ago.

    Others of similar names, such as a directory ``tmp_archive``, are the user's.
    """
    for path in folder.glob(glob.escape(prefix) + RANDOM):
        with suppress(OSError):  # another process removed it, or may not be disturbed
            if path.is_dir() != directories or time.time() - path.stat().st_mtime < STALE:
                continue
            shutil.rmtree(path) if directories else path.unlink()
