"""Package settings: cache directory, offline mode, verbosity, mirrors and the index of phenotypes."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ._logging import set_verbosity, verbosity

if TYPE_CHECKING:
    from collections.abc import Sequence

_SWITCH = {"": False, "0": False, "false": False, "no": False, "off": False} | dict.fromkeys(
    ("1", "true", "yes", "on"), True
)


MAX_FILE_SIZE = 2**28


class Settings:
    """Settings of the package, as attributes of :data:`scgsfm.settings`.

    Defaults come from the environment variables ``SCGSFM_CACHE`` (a directory), ``SCGSFM_OFFLINE`` (``1`` or ``0``),
    ``SCGSFM_MIRRORS`` (base URLs, separated by spaces or commas) and ``SCGSFM_PHENOTYPES`` (name or file of an index). Downloads from the Hugging Face hub also honor
    ``HF_HUB_OFFLINE`` and ``HF_ENDPOINT``, and all downloads honor ``https_proxy``, ``http_proxy`` and ``no_proxy``.

    Examples
    --------
    >>> import scgsfm
    >>> scgsfm.settings.verbosity = 0
    >>> scgsfm.settings.verbosity
    0
    """

    __slots__ = ("_cache_dir", "_max_file_size", "_mirrors", "_offline", "_phenotypes")

    def __init__(self) -> None:
        self._cache_dir: Path | None = None
        self._offline: bool | None = None
        self._mirrors: tuple[str, ...] | None = None
        self._phenotypes: str | None = None
        self._max_file_size = MAX_FILE_SIZE
        self.verbosity = None

    def __repr__(self) -> str:
        names = ("cache_dir", "offline", "verbosity", "mirrors", "phenotypes", "max_file_size")
        return "\n".join(["scgsfm settings", *(f"    {name} = {getattr(self, name)!s}" for name in names)])

    @property
    def cache_dir(self) -> Path:
        """Directory of downloaded files, created by the first download. Default: the cache directory of the system.

        Where the user has no home directory, as in some containers, it is a directory of the user in the directory of
        temporary files.
        """
        if self._cache_dir is not None:
            return self._cache_dir
        if directory := os.environ.get("SCGSFM_CACHE"):
            return _directory(directory, "SCGSFM_CACHE")
        import pooch

        try:
            path = Path(pooch.os_cache("scgsfm"))
        except (RuntimeError, KeyError):  # of platformdirs, for a user without a home directory
            return _temporary()
        return path if path.is_absolute() else _temporary()  # older versions return "~/.cache" as it is

    @cache_dir.setter
    def cache_dir(self, value: str | os.PathLike[str]) -> None:
        self._cache_dir = _directory(value, "cache_dir")

    @property
    def offline(self) -> bool:
        """Whether downloads are disabled, so that only embedded and cached files are used."""
        if self._offline is not None:
            return self._offline
        return switched_on("SCGSFM_OFFLINE")

    @offline.setter
    def offline(self, value: bool) -> None:
        if not isinstance(value, bool):
            msg = f"offline must be True or False, found {value!r}."
            raise TypeError(msg)
        self._offline = value

    @property
    def verbosity(self) -> int:
        """Level of output: warnings (0), one line for each call and progress (1, default), or details (2).

        If it was not set, or is set to ``None``, it follows ``scanpy.settings.verbosity``: 0 gives warnings, 2 one line
        for each call, and 3 details. (1 is the default of scanpy and changes nothing.) Messages are written to
        ``scanpy.settings.logfile`` if it is a file, to standard output in notebooks, and to standard error otherwise.
        """
        return verbosity()

    @verbosity.setter
    def verbosity(self, value: int | None) -> None:
        if value is not None and value not in (0, 1, 2):
            msg = f"verbosity must be 0 (warnings), 1 (one line for each call) or 2 (details), found {value!r}."
            raise ValueError(msg)
        set_verbosity(None if value is None else int(value))

    @property
    def mirrors(self) -> tuple[str, ...]:
        """Base URLs that are tried before the original one: for ``https://host/a/b``, ``<mirror>/a/b``."""
        if self._mirrors is not None:
            return self._mirrors
        return base_urls(os.environ.get("SCGSFM_MIRRORS", "").replace(",", " ").split(), "SCGSFM_MIRRORS")

    @mirrors.setter
    def mirrors(self, value: Sequence[str]) -> None:
        if isinstance(value, str):
            msg = f"mirrors must be a list of base URLs, found the string {value!r}. For one mirror, use [{value!r}]."
            raise TypeError(msg)
        self._mirrors = base_urls(value, "mirrors")

    @property
    def phenotypes(self) -> str:
        """Index of phenotypes, diseases and genes: ``"bundled"`` (the one in the package), a name, or a file.

        Names are those of indexes that ``scgsfm update phenotypes`` built, such as the version of their annotations,
        ``"2025-01-16"``. The name of the index in the package pins it: with a package that contains another one, an error
        is raised.
        """
        if self._phenotypes is not None:
            return self._phenotypes
        return os.environ.get("SCGSFM_PHENOTYPES", "").strip() or "bundled"

    @phenotypes.setter
    def phenotypes(self, value: str | os.PathLike[str]) -> None:
        if not isinstance(value, str | os.PathLike) or not str(value).strip():
            msg = f"phenotypes must be 'bundled', the name of an index or a file, found {value!r}."
            raise TypeError(msg)
        # a file keeps its meaning when the working directory changes
        self._phenotypes = str(Path(value).expanduser().absolute()) if isinstance(value, os.PathLike) else value

    @property
    def max_file_size(self) -> int:
        """Largest text file in bytes, uncompressed, that is read as a whole: gene sets, JSON, motifs, lists. Default: 256 MiB.

        Small compressed files can unpack to more than the memory holds. Matrices, genomes and variants are read in blocks
        and have no such limit.
        """
        return self._max_file_size

    @max_file_size.setter
    def max_file_size(self, value: int) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            msg = f"max_file_size must be a positive number of bytes, found {value!r}."
            raise ValueError(msg)
        self._max_file_size = value


def switched_on(variable: str) -> bool:
    """Whether an environment variable is 1, true, yes or on."""
    text = os.environ.get(variable, "").strip().lower()
    if text not in _SWITCH:
        msg = f"The environment variable {variable} is {text!r}, but must be 1 or 0."
        raise ValueError(msg)
    return _SWITCH[text]


def _temporary() -> Path:
    """A cache directory for users without a home directory; never one that another user owns."""
    remedy = "Set the environment variable SCGSFM_CACHE, or settings.cache_dir, to a directory that you can write."
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    try:
        path = Path(tempfile.gettempdir()) / f"scgsfm-{user}"
        if path.is_symlink() or (path.exists() and path.stat().st_uid != user):
            msg = f"You have no home directory, and {path} belongs to another user. {remedy}"
            raise PermissionError(msg)
    except FileNotFoundError as error:
        msg = f"You have neither a home directory nor a writable directory for temporary files. {remedy}"
        raise FileNotFoundError(msg) from error
    return path


def _directory(value: str | os.PathLike[str], name: str) -> Path:
    path = Path(value).expanduser().absolute()
    if path.exists() and not path.is_dir():
        msg = f"{name} must be a directory, but {path} is a file."
        raise NotADirectoryError(msg)
    return path


def base_urls(urls: Sequence[str], name: str) -> tuple[str, ...]:
    """Base URLs without a final slash; ValueError if one is not a URL of HTTP. ``name`` is that of the setting."""
    for url in urls:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            msg = f"{name} must contain base URLs such as 'https://mirror.example.org/hub', found {url!r}."
            raise ValueError(msg)
    return tuple(url.rstrip("/") for url in urls)


settings = Settings()
"""The package's settings."""
