"""Downloads into the cache directory, with mirrors, retries and checksums."""

from __future__ import annotations

import os
import socket
import threading
import time
from contextlib import suppress
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from ._logging import logger
from ._unfinished import remove_stale
from .errors import ChecksumError, DownloadError
from .settings import settings

if TYPE_CHECKING:
    from collections.abc import Sequence

TIMEOUT = (10.0, 30.0)
"""Connect and read timeouts in seconds."""
ATTEMPTS = 3
"""Attempts per URL; each URL is tried before any is tried again."""
PAUSE = 2.0
"""Seconds before the second round of attempts; twice as many before the third."""
MIN_RATE, PATIENCE, DEADLINE = 1024, 60.0, 86_400.0
"""Bytes per second that must arrive in every ``PATIENCE`` seconds, and seconds that a download may take in all."""
MAX_BYTES, MAX_UNPACKED = 2**34, 20
"""Largest download in bytes, and how many times larger than announced a body compressed in transit may be."""
TEXT_SUFFIXES = frozenset({".gmt", ".csv", ".tsv", ".obo"})
"""Files whose last line ends with a line end."""
TEMPORARY = {408, 425, 429, *range(500, 600)}
"""HTTP status codes after which another attempt can succeed."""


def fetch(urls: Sequence[str], path: str, *, sha256: str | None = None, offline: str | None = None) -> Path:
    """Path of a file in the cache directory, downloaded if it is not there.

    An existing file at ``settings.cache_dir / path`` is used. Otherwise ``settings.mirrors`` are tried, in order, then
    ``urls``. Only a complete and verified file gets the final name. A download that failed starts again from its first
    byte: parts of two answers could be of two versions of a file.

    Parameters
    ----------
    urls
        URLs of the file, in order of preference.
    path
        Path inside the cache directory, with ``/``.
    sha256
        Expected SHA-256, in hexadecimal. Without it, a download is verified by the checksum that the Hugging Face Hub
        reports for large files.
    offline
        The setting that forbids this download in addition to ``settings.offline``, for the message.

    Raises
    ------
    DownloadError
        The file could not be downloaded. The message lists each URL with the reason, and where to put the file by hand.
    ChecksumError
        All URLs returned a file with another checksum.
    """
    import pooch

    target, sources = _target(path), [*_mirrored(urls), *urls]
    sha256 = sha256.lower() if sha256 else None
    damaged = target.is_file() and sha256 is not None and pooch.file_hash(str(target)) != sha256
    if target.is_file() and not damaged:
        return target
    by_hand = f"To add the file by hand, save it as {target} (settings.cache_dir or SCGSFM_CACHE move the cache)."
    offline = "settings.offline, SCGSFM_OFFLINE" if settings.offline else offline
    if offline:
        problem = f"is damaged (its SHA-256 is not {sha256})" if damaged else "is not in the cache"
        head = f"{target} {problem}, and offline mode ({offline}) is on. It is available from"
        raise (ChecksumError if damaged else DownloadError)("\n  ".join([head, *sources]) + f"\n{by_hand}")
    if damaged:
        logger.warning("%s is damaged (its SHA-256 is not %s) and is downloaded again.", target, sha256)
    remove_stale(target.parent, "tmp")  # files of pooch, which a process that is killed leaves
    failures: dict[str, _SourceError] = {}
    for attempt in range(ATTEMPTS):
        pending = [url for url in sources if url not in failures or failures[url].temporary]
        time.sleep(PAUSE * attempt if pending else 0)
        for url in pending:
            try:
                return _retrieve(url, target, sha256)
            except _SourceError as failure:
                failures[url] = failure
                logger.info("%s: %s", url, failure)
            except OSError as error:
                msg = f"{target} could not be written: {error}. {by_hand}"
                raise DownloadError(msg) from error
    head = f"{target.name} could not be downloaded:"
    msg = "\n".join([head, *(f"  {url}: {failure}" for url, failure in failures.items()), by_hand])
    raise (ChecksumError if all(failure.checksum for failure in failures.values()) else DownloadError)(msg)


class _SourceError(Exception):
    """Why a URL failed, whether another attempt can succeed, and whether the checksum was wrong."""

    def __init__(self, reason: str, *, temporary: bool = False, checksum: bool = False) -> None:
        super().__init__(reason)
        self.temporary, self.checksum = temporary, checksum


def _retrieve(url: str, target: Path, sha256: str | None) -> Path:
    import pooch
    import requests

    logger.info("Downloading %s", url)
    pooch_logger = pooch.get_logger()
    level = pooch_logger.level
    pooch_logger.setLevel("WARNING")  # its advice is for programmers
    try:
        downloader = partial(_download, is_text=target.suffix in TEXT_SUFFIXES)
        return Path(pooch.retrieve(url, sha256, target.name, target.parent, downloader=downloader))
    except requests.TooManyRedirects as error:
        msg = "it redirects more than 30 times, or to itself"
        raise _SourceError(msg) from error
    except requests.RequestException as error:
        if error.response is not None:
            status = error.response.status_code
            msg = f"{status} {error.response.reason}"
            raise _SourceError(msg, temporary=status in TEMPORARY) from error
        reason = str(error).split(": ")[-1].strip("')\"")  # the reason follows the address
        raise _SourceError(reason, temporary=not isinstance(error, ValueError)) from error
    except ValueError as error:
        msg = f"wrong SHA-256, expected {sha256 or error}"
        raise _SourceError(msg, checksum=True) from error
    finally:
        pooch_logger.setLevel(level)


def _download(url: str, output_file: str, _pooch: Any, *, is_text: bool = False) -> None:
    """Download by HTTP; fail on a truncated file, a web page, and a checksum other than the one the hub reports."""
    import pooch
    import requests

    Path(output_file).unlink()  # a temporary file with private permissions; a new one gets the default
    responses: list[requests.Response] = []
    start = time.monotonic()
    download = pooch.HTTPDownloader(
        progressbar=settings.verbosity > 0,
        timeout=TIMEOUT,
        headers={"Accept-Encoding": "identity"},
        hooks={"response": lambda response, **_: responses.append(_without_downgrade(response))},
    )
    with Path(output_file).open("wb") as opened:
        file = _BoundedFile(opened, responses)
        watch = _Watch(file, responses, start)
        watch.start()
        try:
            download(url, file, _pooch)
        except Exception as error:
            if watch.reason:
                raise requests.ConnectionError(watch.reason) from error
            raise
        finally:
            watch.done.set()
    if watch.reason:
        raise requests.ConnectionError(watch.reason)
    headers, size = responses[-1].headers, file.size
    length = int(headers.get("Content-Length", size))
    if size != length and "Content-Encoding" not in headers:
        msg = f"only {size:,} of {length:,} bytes were received"
        raise requests.ConnectionError(msg)
    if is_text and "Content-Length" not in headers and not _ends_with_line(output_file):
        msg = "the server announced no length, and the text ends within a line, so it may be cut short"
        raise requests.ConnectionError(msg)
    if headers.get("Content-Type", "").startswith("text/html"):
        msg = "the response is a web page, such as a login, not the file"
        raise requests.exceptions.InvalidURL(msg)
    for response in responses:
        checksum = response.headers.get("X-Linked-Etag", "").strip('"')
        if len(checksum) == 64 and pooch.file_hash(output_file) != checksum:
            raise ValueError(checksum)


def _without_downgrade(response: Any) -> Any:
    """The response. Raise for a redirect to another scheme: from HTTPS to HTTP anyone on the way could change the file."""
    import requests

    if response.is_redirect:
        target = urljoin(response.url, response.headers["Location"])
        old, new = urlsplit(response.url).scheme, urlsplit(target).scheme
        if new not in {old, "https"}:
            msg = f"it redirects from {old} to {new}, which is refused ({target})"
            raise requests.exceptions.InvalidSchema(msg)
    return response


def _ends_with_line(path: str) -> bool:
    """Whether a file ends with a line end, as texts do that were not cut."""
    with Path(path).open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - 1, 0))
        return file.read() in {b"\n", b"\r"}


class _BoundedFile:
    """A file that takes no more than the response announces."""

    def __init__(self, file: Any, responses: list[Any]) -> None:
        self.file, self.responses, self.size = file, responses, 0

    def write(self, chunk: bytes) -> int:
        self.size += len(chunk)
        if self.size > self.limit:
            import requests

            msg = f"more than the {self.limit:,} bytes arrived that were expected at most"
            raise requests.exceptions.InvalidURL(msg)
        return int(self.file.write(chunk))

    def flush(self) -> None:
        self.file.flush()

    @property
    def limit(self) -> int:
        headers = self.responses[-1].headers if self.responses else {}
        length = int(headers.get("Content-Length", MAX_BYTES))
        return min(MAX_BYTES, length * MAX_UNPACKED if "Content-Encoding" in headers else length)


class _Watch(threading.Thread):
    """Ends a download that is too slow. Timeouts start anew with each byte, so a byte at a time would last for ever."""

    def __init__(self, file: _BoundedFile, responses: list[Any], start: float) -> None:
        super().__init__(daemon=True)
        self.file, self.responses, self.start_time, self.done = file, responses, start, threading.Event()
        self.reason = ""

    def run(self) -> None:
        before = 0
        while not self.done.wait(PATIENCE):
            received, seconds = self.file.size - before, time.monotonic() - self.start_time
            if received < MIN_RATE * PATIENCE:
                self.reason = f"only {received:,} bytes arrived in {PATIENCE:g} seconds"
            elif seconds > DEADLINE:
                self.reason = f"it took more than {DEADLINE:,.0f} seconds"
            if self.reason:
                for response in self.responses:
                    _interrupt(response)
                return
            before = self.file.size


def _interrupt(response: Any) -> None:
    """Close the connection of a response, so that a read in another thread returns."""
    raw = response.raw
    reader = getattr(getattr(raw, "_fp", None), "fp", None)
    connections = (
        getattr(getattr(raw, "connection", None), "sock", None),
        getattr(getattr(reader, "raw", None), "_sock", None),
    )
    for connection in connections:
        if connection is not None:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def _target(path: str) -> Path:
    parts = PurePosixPath(path)
    if parts.is_absolute() or ".." in parts.parts or not parts.parts:
        msg = f"`path` must be inside the cache directory, found {path!r}."
        raise ValueError(msg)
    return settings.cache_dir / parts


def _mirrored(urls: Sequence[str]) -> list[str]:
    paths = [urlsplit(url)._replace(scheme="", netloc="").geturl() for url in urls]
    return [f"{mirror}{path}" for mirror in settings.mirrors for path in paths]
