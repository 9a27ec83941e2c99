"""Where models are: in the package, in a folder, or on the Hugging Face hub."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from scgsfm._fetch import fetch
from scgsfm._messages import did_you_mean
from scgsfm.errors import DownloadError
from scgsfm.settings import settings

from ._serialization import CARD, CHECKSUMS, CONFIG, VOCAB, WEIGHTS, read_json

EMBEDDED = Path(__file__).parents[1] / "data" / "models"
HUB = "https://huggingface.co/{name}/resolve/main/{file}"
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)


@dataclass(frozen=True)
class Record:
    """A model that is known by name."""

    name: str
    kind: str
    description: str
    licence: str
    embedded: bool = False


RECORDS = {
    record.name: record
    for record in (
        Record("gsfm-base", "gsfm", "the default: public gene-set libraries", "BSD-3-Clause", embedded=True),
        Record("gpgpt-mini", "gpgpt", "genes, phenotypes and diseases in words", "BSD-3-Clause", embedded=True),
        Record("r3lm-mini", "r3lm", "activity of regulatory DNA in HepG2, K562 and WTC11", "CC-BY-4.0", embedded=True),
        Record("maayanlab/gsfm-rummagene", "gsfm", "as published: sets from tables of articles", "see its hub page"),
        Record("maayanlab/gsfm-rummageo", "gsfm", "as published: sets from expression studies", "see its hub page"),
        Record("maayanlab/gsfm-rummage", "gsfm", "as published: both together", "see its hub page"),
    )
}
"""The models known by name; a new one is a line here."""


@dataclass(frozen=True)
class Place:
    """The folder of a model on this machine, and what to do if its files are damaged."""

    folder: Path
    remedy: str


def find(name: str | os.PathLike[str]) -> Place:
    """The folder of a model by its name, path or hub id; models of the hub are downloaded."""
    text = os.fspath(name)
    if text in RECORDS and RECORDS[text].embedded:
        return Place(EMBEDDED / text, "Install the package anew: pip install --force-reinstall --no-deps scgsfm")
    path = Path(text).expanduser()
    if path.is_dir():
        return Place(
            path,
            f"Copy the folder anew; if you changed the file yourself, delete {CHECKSUMS} or write the folder anew.",
        )
    if path.is_file():
        msg = f"{path} is a file; give the folder that holds {CONFIG}, {WEIGHTS} and {VOCAB}."
        raise ValueError(msg)
    if isinstance(name, str) and _HUB_ID.fullmatch(name):
        return _from_hub(name)
    if isinstance(name, os.PathLike) or {"/", os.sep} & set(text):
        msg = f"There is no folder {path}."
        raise FileNotFoundError(msg)
    msg = (
        f"No model is called {text!r}.{did_you_mean(text, RECORDS, n=1)} Known are "
        f"{', '.join(RECORDS)}; the path of a model folder or a hub id 'owner/name' can be given as well."
    )
    raise ValueError(msg)


def is_cached(name: str) -> bool:
    """Whether the files of a hub model are in the cache folder."""
    return all((_cached(name) / file).is_file() for file in (CONFIG, VOCAB, WEIGHTS))


def _cached(name: str) -> Path:
    return settings.cache_dir / "models" / name


def _from_hub(name: str) -> Place:
    try:
        config = read_json(_hub_file(name, CONFIG))
        if "model_type" in config:  # written by this package, which official folders are not
            sums = read_json(_hub_file(name, CHECKSUMS))
            files = {file: sums.get(file) for file in (VOCAB, CARD, WEIGHTS)}
        else:
            files = dict.fromkeys((VOCAB, WEIGHTS))
        for file, sha256 in files.items():
            _hub_file(name, file, sha256)
    except DownloadError as error:
        if name in RECORDS:
            raise
        msg = f"There is no folder {name!r}, and as a model of the hub it cannot be had. {error}"
        raise type(error)(msg) from error
    folder = _cached(name)
    return Place(folder, f"Delete {folder} and load the model again.")


def _hub_file(name: str, file: str, sha256: str | None = None) -> Path:
    return fetch([HUB.format(name=name, file=file)], f"models/{name}/{file}", sha256=sha256)
