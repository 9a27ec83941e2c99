"""Files that are downloaded once and kept in the cache folder."""

from __future__ import annotations

import time
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ._logging import logger
from .errors import ChecksumError, DownloadError
from .settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TIMEOUT = (10.0, 30.0)
"""Seconds until a connection must stand, and that a server may send nothing."""

ROUNDS = 3
"""How often the list of URLs is gone through; one that is sure to fail again is left out of later rounds."""

PAUSE = 2.0
"""Seconds before the second round, twice that before the third."""

_PERMANENT = range(400, 500)
_TEMPORARY = (408, 425, 429)


def fetch(urls: Sequence[str], path: str, *, sha256: str | None = None) -> Path:
    """Path of a file in the cache folder, downloaded if it is not there.

    A file that lies at ``settings.cache_dir / path`` is used, whoever put it there. Otherwise ``settings.mirrors`` are
    asked, in turn, then the URLs themselves. Nothing but a whole and checked file gets the final name.

    Parameters
    ----------
    urls
        Where the file can be had, best first.
    path
        Its path inside the cache folder, with ``/``.
    sha256
        Its SHA-256, in hexadecimal. Without it, the one that the Hugging Face hub tells of large files is checked
        after a download.

    Returns
    -------
    The absolute path.

    Raises
    ------
    DownloadError
        The file could not be had; the message names every URL with the reason and where a file placed by hand is
        looked for.
    ChecksumError
        Only files with wrong bytes could be had.
    """
    import pooch

    target = _target(path)
    sha256 = sha256.lower() if sha256 else None
    damaged = False
    if target.is_file():
        if sha256 is None or pooch.file_hash(str(target)) == sha256:
            return target
        damaged = True
    sources = [*_mirrored(urls), *urls]
    by_hand = (
        f"To place the file by hand, save it as {target} "
        "(scgsfm.settings.cache_dir or the environment variable SCGSFM_CACHE moves the cache folder)."
    )
    if settings.offline:
        if damaged:
            msg = f"{target} is damaged: its SHA-256 is not {sha256}. Put a whole file there, or go online. "
            raise ChecksumError(msg + _listed("It is found at", dict.fromkeys(sources, "")))
        msg = f"{path} is not in the cache, and offline mode (scgsfm.settings.offline, SCGSFM_OFFLINE) is on. "
        raise DownloadError(msg + _listed("It is found at", dict.fromkeys(sources, "")) + by_hand)
    if damaged:
        logger.warning("%s is damaged (its SHA-256 is not %s): it is downloaded again.", target, sha256)
    return _download(sources, target, sha256, by_hand)


def _download(sources: list[str], target: Path, sha256: str | None, by_hand: str) -> Path:
    import requests

    reasons: dict[str, str] = {}
    wrong: set[str] = set()
    pending = sources
    for n in range(ROUNDS):
        if not pending:
            break
        time.sleep(PAUSE * n)
        retry = []
        for url in pending:
            try:
                return _retrieve(url, target, sha256)
            except requests.RequestException as error:
                reasons[url] = _reason(error)
                if not _is_permanent(error):
                    retry.append(url)
            except ValueError:  # what pooch and _read raise for a wrong checksum
                reasons[url] = f"the file has wrong bytes: its SHA-256 is not {sha256 or 'the one the server tells'}"
                wrong.add(url)
            except OSError as error:
                msg = f"{target} could not be written: {error}. {by_hand}"
                raise DownloadError(msg) from error
            logger.info("%s: %s", url, reasons[url])
        pending = retry
    msg = _listed(f"{target.name} could not be downloaded:", reasons) + by_hand
    raise (ChecksumError if wrong and wrong == set(reasons) else DownloadError)(msg)


def _retrieve(url: str, target: Path, sha256: str | None) -> Path:
    import pooch

    logger.info("Downloading %s", url)
    with _quiet(pooch.get_logger()):
        return Path(pooch.retrieve(url, sha256, target.name, target.parent, downloader=_read))


def _read(url: str, output_file: str, pooch_: Any) -> None:
    """Pooch's HTTP download, which also notices what HTTP allows: a short body, a web page instead of the file."""
    import pooch
    import requests

    # pooch made this file readable for its owner alone; made anew, it gets the usual permissions
    Path(output_file).unlink()
    answers: list[requests.Response] = []
    pooch.HTTPDownloader(
        progressbar=settings.verbosity > 0,
        timeout=TIMEOUT,
        headers={"Accept-Encoding": "identity"},
        hooks={"response": lambda answer, **_: answers.append(answer)},
    )(url, output_file, pooch_)

    headers = answers[-1].headers
    size = Path(output_file).stat().st_size
    length = headers.get("Content-Length")
    if length is not None and "Content-Encoding" not in headers and size != int(length):
        raise requests.ConnectionError(f"the answer ended after {size:,} of {int(length):,} bytes")
    if headers.get("Content-Type", "").startswith("text/html"):
        raise requests.exceptions.InvalidURL("the answer is a web page, perhaps a login, not the file")
    told = [tag for answer in answers if len(tag := answer.headers.get("X-Linked-Etag", "").strip('"')) == 64]
    if told and pooch.file_hash(output_file) != told[-1]:
        raise ValueError(told[-1])


@contextmanager
def _quiet(log: Any) -> Iterator[None]:
    """Keep advice to programmers from users."""
    level = log.level
    log.setLevel("WARNING")
    try:
        yield
    finally:
        log.setLevel(level)


def _target(path: str) -> Path:
    parts = PurePosixPath(path)
    if parts.is_absolute() or ".." in parts.parts or not parts.parts:
        msg = f"path must lie inside the cache folder, found {path!r}."
        raise ValueError(msg)
    return settings.cache_dir / parts


def _mirrored(urls: Sequence[str]) -> list[str]:
    paths = [urlsplit(url)._replace(scheme="", netloc="").geturl() for url in urls]
    return [f"{mirror}{path}" for mirror in settings.mirrors for path in paths]


def _listed(head: str, reasons: dict[str, str]) -> str:
    return "\n".join([head, *(f"  {url}: {why}" if why else f"  {url}" for url, why in reasons.items()), ""])


def _is_permanent(error: Exception) -> bool:
    import requests

    if isinstance(error, requests.HTTPError) and error.response is not None:
        status = error.response.status_code
        return status in _PERMANENT and status not in _TEMPORARY
    return isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema)


def _reason(error: Exception) -> str:
    import requests

    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"{error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.ConnectTimeout):
        return f"no connection within {TIMEOUT[0]:g} s"
    if isinstance(error, requests.ReadTimeout) or "Read timed out" in str(error):
        return f"the server sent nothing for {TIMEOUT[1]:g} s"
    # urllib3's reason comes after the address, which is told anyway
    cause = getattr(error.args[0], "reason", None) if error.args else None
    text = str(cause).split(": ", 1)[-1] if cause else str(error)
    return " ".join(text.split())[:300] or type(error).__name__
