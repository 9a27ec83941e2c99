"""Patients in files: phenopackets, and texts with one term a line."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from scgsfm._bounded_files import parse_json, read_bytes

from ._spelling import clean_text

_SUFFIXES = {".json", ".yaml", ".yml", ".txt", ".tsv", ".csv", ".list", ".phenopacket"}
_STATES = {"present", "observed", "included", "absent", "excluded", "negated", "true", "false", "yes", "no"}
_FEATURES = ("phenotypicFeatures", "phenotypic_features")


def is_text_file(given: object) -> bool:
    """Whether something is the path of a file, rather than a term."""
    if isinstance(given, PathLike):
        return True
    if not isinstance(given, str) or "\n" in given:
        return False
    return Path(given).suffix.lower() in _SUFFIXES or Path(given).is_file()


def read_patient_file(path: Any) -> list[Any] | dict[str, Any]:
    """The content of a phenopacket, a JSON or YAML list of terms, or a text with one term a line."""
    path = Path(path)
    if not path.is_file():
        what = "is a directory: give one patient's file" if path.is_dir() else "does not exist"
        msg = f"{path} {what}."
        raise FileNotFoundError(msg)
    text = read_text(path)
    suffix = path.suffix.lower()
    if suffix in (".yaml", ".yml"):
        return _checked(_parse_yaml(text, path), path)
    if suffix in (".json", ".phenopacket") or text.lstrip()[:1] in ("{", "["):
        return _checked(parse_json(text, path), path)
    return terms_of_lines(text)


def terms_of_lines(text: str) -> list[Any] | dict[str, Any]:
    """Terms of a text, one a line; columns after the first may hold the name and whether the term is present.

    Lines that begin with ``#`` are comments, as are headers such as ``term``.
    """
    states: dict[str, Any] = {}
    for line in text.splitlines():
        fields = [field.strip(" \"'") for field in line.lstrip("\ufeff").split("\t" if "\t" in line else "\n")]
        term = clean_text(fields[0])
        if not term or term.startswith("#") or term.casefold() in _HEADERS:
            continue
        last = fields[-1]
        if "\t" not in line and "," in line and line.rpartition(",")[2].strip(" \"'").casefold() in _STATES:
            term, _, last = (part.strip(" \"'") for part in line.rpartition(","))
        state = last.casefold() if last.casefold() in _STATES and last != term else "present"
        states[term] = state
    return states if set(states.values()) - {"present"} else list(states)


_HEADERS = {"term", "terms", "hpo", "hpo_id", "hpo id", "hpo_term", "id", "phenotype", "phenotypes", "term_id"}


def is_phenopacket(given: Mapping[Any, Any]) -> bool:
    """Whether a dict is a phenopacket, of version 1 or 2, or a family with one."""
    return any(key in given for key in (*_FEATURES, "phenopacket", "proband", "metaData", "meta_data", "subject"))


def read_phenopacket(packet: Mapping[str, Any]) -> tuple[list[Any], list[Any]]:
    """Observed and excluded terms of a phenopacket. A term that is both, at different times, is observed.

    Onset, modifiers, interpretations and diagnoses are not read.
    """
    for inner in ("phenopacket", "proband"):
        if isinstance(packet.get(inner), Mapping):
            packet = packet[inner]
    features: list[Any] = next((packet[key] for key in _FEATURES if packet.get(key)), [])
    observed: dict[str, None] = {}
    excluded: dict[str, None] = {}
    for feature in features:
        term = feature.get("type", feature) if isinstance(feature, Mapping) else feature
        name = str(term.get("id") or term.get("label") or "") if isinstance(term, Mapping) else str(term)
        absent = isinstance(feature, Mapping) and (feature.get("excluded") or feature.get("negated"))
        (excluded if absent is True or str(absent).lower() == "true" else observed)[name] = None
    return list(observed), [name for name in excluded if name not in observed]


def _checked(content: Any, path: Path) -> list[Any] | dict[str, Any]:
    if isinstance(content, list | dict):
        return content
    msg = f"{path} holds neither a phenopacket nor a list of terms."
    raise ValueError(msg)


def _parse_yaml(text: str, path: Path) -> Any:
    try:
        yaml = importlib.import_module("yaml")
    except ImportError as error:
        msg = f"{path} is YAML, which needs the package 'pyyaml': install it, or convert the file to JSON."
        raise ValueError(msg) from error
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        msg = f"{path} is not valid YAML: {error}."
        raise ValueError(msg) from error


def read_text(path: Path) -> str:
    """The text of a file in UTF-8, UTF-16 or the Western encoding of Windows."""
    data = read_bytes(path)
    for encoding in ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")
