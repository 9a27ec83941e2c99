"""Where files are kept, whether they may be downloaded, and how much is told."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ._logging import set_verbosity

if TYPE_CHECKING:
    from collections.abc import Sequence

_SWITCH = {"": False, "0": False, "false": False, "no": False, "off": False} | dict.fromkeys(
    ("1", "true", "yes", "on"), True
)


class Settings:
    """Settings of the package, as attributes of :data:`scgsfm.settings`.

    What is not set is read from the environment: ``SCGSFM_CACHE`` (a folder), ``SCGSFM_OFFLINE`` (``1`` or ``0``) and
    ``SCGSFM_MIRRORS`` (base URLs, separated by blanks or commas).

    Examples
    --------
    >>> import scgsfm
    >>> scgsfm.settings.verbosity = 0
    >>> scgsfm.settings.verbosity
    0
    """

    __slots__ = ("_cache_dir", "_mirrors", "_offline", "_verbosity")

    def __init__(self) -> None:
        self._cache_dir: Path | None = None
        self._offline: bool | None = None
        self._mirrors: tuple[str, ...] | None = None
        self.verbosity = 1

    def __repr__(self) -> str:
        names = ("cache_dir", "offline", "verbosity", "mirrors")
        return "\n".join(["scgsfm settings", *(f"    {name} = {getattr(self, name)!s}" for name in names)])

    @property
    def cache_dir(self) -> Path:
        """The folder of downloaded files, made with the first download; by default the system's cache folder."""
        if self._cache_dir is not None:
            return self._cache_dir
        if folder := os.environ.get("SCGSFM_CACHE"):
            return _folder(folder, "SCGSFM_CACHE")
        import pooch

        return pooch.os_cache("scgsfm")

    @cache_dir.setter
    def cache_dir(self, value: str | os.PathLike[str]) -> None:
        self._cache_dir = _folder(value, "cache_dir")

    @property
    def offline(self) -> bool:
        """Whether downloads are forbidden, so that only embedded and cached files are used."""
        if self._offline is not None:
            return self._offline
        text = os.environ.get("SCGSFM_OFFLINE", "").strip().lower()
        if text not in _SWITCH:
            msg = f"The environment variable SCGSFM_OFFLINE is {text!r}; give 1 or 0."
            raise ValueError(msg)
        return _SWITCH[text]

    @offline.setter
    def offline(self, value: bool) -> None:
        if not isinstance(value, bool):
            msg = f"offline must be True or False, found {value!r}."
            raise TypeError(msg)
        self._offline = value

    @property
    def verbosity(self) -> int:
        """How much is told: warnings (0), also progress and summaries (1, the default), also details (2)."""
        return self._verbosity

    @verbosity.setter
    def verbosity(self, value: int) -> None:
        if value not in (0, 1, 2):
            msg = f"verbosity must be 0 (warnings), 1 (also progress) or 2 (also details), found {value!r}."
            raise ValueError(msg)
        self._verbosity = int(value)
        set_verbosity(self._verbosity)

    @property
    def mirrors(self) -> tuple[str, ...]:
        """Base URLs that are asked before a file's own: ``https://host/a/b`` is looked for at ``<mirror>/a/b``."""
        if self._mirrors is not None:
            return self._mirrors
        return _bases(os.environ.get("SCGSFM_MIRRORS", "").replace(",", " ").split(), "SCGSFM_MIRRORS")

    @mirrors.setter
    def mirrors(self, value: Sequence[str]) -> None:
        if isinstance(value, str):
            msg = f"mirrors must be a list of base URLs, found the text {value!r}; for one mirror give [{value!r}]."
            raise TypeError(msg)
        self._mirrors = _bases(value, "mirrors")


def _folder(value: str | os.PathLike[str], name: str) -> Path:
    path = Path(value).expanduser().absolute()
    if path.exists() and not path.is_dir():
        msg = f"{name} must be a folder, but {path} is a file."
        raise NotADirectoryError(msg)
    return path


def _bases(urls: Sequence[str], name: str) -> tuple[str, ...]:
    for url in urls:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            msg = f"{name} must hold base URLs such as 'https://mirror.example.org/hub', found {url!r}."
            raise ValueError(msg)
    return tuple(url.rstrip("/") for url in urls)


settings = Settings()
"""The package's settings."""
