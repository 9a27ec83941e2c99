"""Locate models: in the package, in a directory, or on the Hugging Face hub."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scgsfm._fetch import fetch
from scgsfm._messages import did_you_mean
from scgsfm.errors import DownloadError
from scgsfm.settings import base_urls, settings, switched_on

from ._registry import LANGUAGE_MODEL_FILES, LANGUAGE_MODEL_SUFFIXES
from ._serialization import CARD, CHECKSUMS, CONFIG, VOCAB, WEIGHTS, is_foreign, read_json

EMBEDDED = Path(__file__).parents[1] / "data" / "models"
HUB = "https://huggingface.co"
FILE = "{hub}/{name}/resolve/main/{file}"
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)


@dataclass(frozen=True)
class Record:
    """A model that :func:`load` knows by name."""

    name: str
    kind: str
    description: str
    licence: str
    embedded: bool = False


RECORDS = {
    record.name: record
    for record in (
        Record("gsfm-base", "gsfm", "default: public gene-set libraries", "BSD-3-Clause", embedded=True),
        Record("gpgpt-mini", "gpgpt", "questions about genes, phenotypes and diseases", "BSD-3-Clause", embedded=True),
        Record("r3lm-mini", "r3lm", "activity of regulatory DNA in HepG2, K562 and WTC11", "CC-BY-4.0", embedded=True),
        Record(
            "maayanlab/gsfm-rummagene", "gsfm", "as published: gene sets from tables of articles", "see its hub page"
        ),
        Record(
            "maayanlab/gsfm-rummageo", "gsfm", "as published: gene sets from expression studies", "see its hub page"
        ),
        Record("maayanlab/gsfm-rummage", "gsfm", "as published: both of these", "see its hub page"),
    )
}
"""The models known by name; add a line for a new one."""


@dataclass(frozen=True)
class Location:
    """The directory of a model on this machine, and what to do if its files are damaged."""

    directory: Path
    remedy: str


def find(name: str | os.PathLike[str]) -> Location:
    """Find the directory of a model by name, path or hub id; models of the hub are downloaded."""
    text = os.fspath(name)
    if text in RECORDS and RECORDS[text].embedded:
        return Location(EMBEDDED / text, "Reinstall the package: pip install --force-reinstall --no-deps scgsfm")
    path = Path(text).expanduser()
    if path.is_dir():
        return Location(
            path,
            f"Copy the directory again; if you edited the file, delete {CHECKSUMS} or write the directory again.",
        )
    if path.is_file():
        msg = f"{path} is a file; give the directory that contains {CONFIG}, {WEIGHTS} and {VOCAB}."
        raise ValueError(msg)
    if isinstance(name, str) and HUB_ID.fullmatch(name):
        return _from_hub(name)
    if isinstance(name, os.PathLike) or {"/", os.sep} & set(text):
        msg = f"The directory {path} does not exist."
        raise FileNotFoundError(msg)
    msg = (
        f"Unknown model {text!r}.{did_you_mean(text, RECORDS, n=1)} Give one of {', '.join(RECORDS)}, the path of a model "
        "directory, or a hub id 'owner/name'."
    )
    raise ValueError(msg)


def likely_directory(name: str | os.PathLike[str]) -> Path:
    """The directory that :func:`find` returns if its files are there, without any download."""
    text = os.fspath(name)
    if text in RECORDS and RECORDS[text].embedded:
        return EMBEDDED / text
    path = Path(text).expanduser()
    hub = isinstance(name, str) and not path.is_dir() and HUB_ID.fullmatch(name)
    return _cached(text) if hub else path.resolve()


def is_cached(name: str) -> bool:
    """Whether the files of a hub model are in the cache directory."""
    try:
        return all((_cached(name) / file).is_file() for file in (CONFIG, VOCAB, WEIGHTS))
    except OSError:  # there is no cache directory, or it can't be read
        return False


def _cached(name: str) -> Path:
    return settings.cache_dir / "models" / name


def _from_hub(name: str) -> Location:
    try:
        config = _hub_config(name)
        if is_foreign(config):
            files = _language_model_files(name)
        elif "model_type" in config:  # written by this package, with checksums; official directories have neither
            sums = read_json(_hub_file(name, CHECKSUMS))
            files = {file: sums.get(file) for file in (VOCAB, CARD, WEIGHTS)}
        else:
            files = dict.fromkeys((VOCAB, WEIGHTS))
        for file, sha256 in files.items():
            _hub_file(name, file, sha256)
    except DownloadError as error:
        if name in RECORDS:
            raise
        msg = f"{name!r} is neither a local directory nor available from the Hugging Face hub. {error}"
        raise type(error)(msg) from error
    directory = _cached(name)
    return Location(directory, f"Delete {directory} and load the model again.")


def _hub_config(name: str) -> dict[str, Any]:
    """The configuration of a model on the hub, or of an adapter, which counts as a language model."""
    try:
        return read_json(_hub_file(name, CONFIG))
    except DownloadError:
        if name in RECORDS:
            raise
        with suppress(DownloadError):
            return read_json(_hub_file(name, LANGUAGE_MODEL_FILES[0])) | {"architectures": []}
        raise


def _language_model_files(name: str) -> dict[str, str | None]:
    """Files of a language model on the hub, with their SHA-256 as far as the hub states it; no pickles, no code."""
    url = f"{_hub()}/api/models/{name}?blobs=true"
    listed = read_json(fetch([url], f"models/{name}/hub_files.json"))["siblings"]
    return {
        file["rfilename"]: (file.get("lfs") or {}).get("sha256")
        for file in listed
        if file["rfilename"].endswith(LANGUAGE_MODEL_SUFFIXES) and ".." not in file["rfilename"]
    }


def _hub_file(name: str, file: str, sha256: str | None = None) -> Path:
    offline = next((variable for variable in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE") if switched_on(variable)), None)
    url = FILE.format(hub=_hub(), name=name, file=file)
    return fetch([url], f"models/{name}/{file}", sha256=sha256, offline=offline)


def _hub() -> str:
    """Base URL of the Hugging Face hub, or of the mirror in the environment variable of the hub's own client."""
    return base_urls([os.environ.get("HF_ENDPOINT", "").strip() or HUB], "HF_ENDPOINT")[0]
