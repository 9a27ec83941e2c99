"""Gene-set files on the web."""

from __future__ import annotations

import hashlib
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from scgsfm._logging import logger

from ._gmt import advice, read_gmt, read_json, suffix
from ._normalize import normalize

if TYPE_CHECKING:
    from pathlib import Path

    from ._normalize import GeneSetArrays
    from ._report import OnError

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+)://", re.IGNORECASE)


def is_url(text: str) -> bool:
    """Whether ``text`` is a URL, of any scheme."""
    return _SCHEME.match(text) is not None


def read_url(url: str, on_error: OnError = "warn") -> GeneSetArrays:
    """Gene sets of a GMT or JSON file at a URL. It is downloaded once into the cache directory."""
    from scgsfm._fetch import fetch

    parts = urlsplit(url)
    if parts.scheme.lower() not in ("http", "https"):
        msg = f"{url}: gene sets are downloaded by http or https only. Download the file and give its path."
        raise ValueError(msg)
    name = unquote(PurePosixPath(parts.path).name)
    if hint := advice(suffix(name)):
        msg = f"{url}: gene sets are read from GMT and JSON files. {hint}"
        raise ValueError(msg)
    folder = hashlib.sha256(url.encode()).hexdigest()[:16]
    file = fetch(
        [url], f"genesets/url/{folder}/{re.sub(r'[^A-Za-z0-9_.-]', '_', name)[-80:].lstrip('.') or 'sets.gmt'}"
    )
    try:
        parsed = (read_json if _is_json(file) else read_gmt)(file, on_error)
        parsed.report.source = url
        arrays = normalize(parsed)
    except (TypeError, ValueError) as error:
        file.unlink()
        msg = f"{url} did not return gene sets: {error}"
        raise ValueError(msg) from error
    logger.info("%s is stored as %s; delete this file to download it again", url, file)
    parsed.report.warn()
    return arrays


def _is_json(file: Path) -> bool:
    """Whether a downloaded file is JSON, by its name or its first byte."""
    with file.open("rb") as content:
        return suffix(file) == ".json" or content.read(100).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
