"""The index in use: the one in the package, an installed one, or a file, as ``settings.phenotypes`` says."""

from __future__ import annotations

import json
import os
from functools import lru_cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zipfile import BadZipFile

import numpy as np

from scgsfm._messages import did_you_mean
from scgsfm._unfinished import version_of
from scgsfm.settings import settings

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

ANNOTATIONS_FILE = Path(__file__).parents[1] / "data" / "models" / "gpgpt-mini" / "knowledge.npz"
"""The annotations that ship with the package."""
BUNDLED = "bundled"
FORMAT = 2
"""Newest format of index files that is read; those that state none are of the first one."""


def index_folder() -> Path:
    """Directory of the indexes that :func:`~scgsfm.phenotypes.update_annotations` wrote."""
    return settings.cache_dir / "phenotypes"


def installed_indexes() -> dict[str, Path]:
    """Files of the indexes in the cache directory, by name.

    Examples
    --------
    >>> from scgsfm.phenotypes import installed_indexes
    >>> isinstance(installed_indexes(), dict)
    True
    """
    return {path.stem: path for path in sorted(index_folder().glob("*.npz")) if not path.name.startswith(".")}


def index_file() -> Path:
    """File of the index that ``settings.phenotypes`` chooses.

    Raises
    ------
    FileNotFoundError
        If there is no index of this name, or no such file.
    """
    chosen = settings.phenotypes
    if chosen == BUNDLED:
        return ANNOTATIONS_FILE
    if chosen.endswith(".npz") or os.sep in chosen or "/" in chosen:
        path = Path(chosen).expanduser()
        if not path.is_file():
            msg = f"`settings.phenotypes` is {chosen!r}, but there is no such file. 'bundled' is the index in the package."
            raise FileNotFoundError(msg)
        return path
    installed = installed_indexes()
    if chosen in installed:
        return installed[chosen]
    own = str(read_about(ANNOTATIONS_FILE)["name"])
    if chosen == own:
        return ANNOTATIONS_FILE
    there = ", ".join([*map(repr, installed), f"'bundled' (now {own!r})"])
    msg = (
        f"`settings.phenotypes` is {chosen!r}, but there is no index of this name; there is {there}."
        f"{did_you_mean(chosen, [*installed, own])} `scgsfm update phenotypes` builds an index of other releases."
    )
    raise FileNotFoundError(msg)


def read_about(path: Path) -> dict[str, Any]:
    """Name, sources and codes of an index file.

    Raises
    ------
    ValueError
        If the file is not an index, is damaged, or was written by a later version of the package.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            about: dict[str, Any] = json.loads(stored["about"].tobytes().decode())
            about["sources"]["hpo"]["version"]
    except (BadZipFile, KeyError, ValueError, EOFError, TypeError, AttributeError) as error:
        msg = f"{path} is not an index of phenotypes, or is damaged ({error}): `scgsfm update phenotypes` builds one."
        raise ValueError(msg) from error
    if about.get("format", 1) > FORMAT:
        msg = f"{path} was written by a later version of scgsfm: update the package, or build the index again."
        raise ValueError(msg)
    return {"name": path.stem} | about


def per_index(make: Callable[[], T]) -> Callable[[], T]:
    """Cache the result of a function without arguments for the index in use, until another one is chosen or written."""

    @lru_cache(maxsize=2)
    def of_file(_path: Path, _version: tuple[int, ...]) -> T:
        return make()

    @wraps(make)
    def current() -> T:
        path = index_file()
        return of_file(path, version_of(path))

    return current
