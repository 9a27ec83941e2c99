"""Motifs from MEME, JASPAR and TRANSFAC files."""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator

N_SITES = 20.0
"""Number of sites of a matrix of probabilities if the file has none, as in the MEME suite."""
JASPAR_ID = re.compile(r"[A-Z]{2}\d{4}(\.\d+)?")
_NUMBERS = re.compile(r"[-+.\deE]+")


@dataclass(frozen=True)
class MotifRecord:
    """A motif of a file; counts are columns × (A, C, G, T)."""

    id: str
    name: str
    counts: np.ndarray
    family: str = ""
    class_: str = ""


def read_motifs(path: str | os.PathLike[str]) -> list[MotifRecord]:
    """Read all motifs of a file, in the format that its content shows."""
    path = Path(path).expanduser()
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8-sig", "replace")
    try:
        records = list(_reader(text)(text))
    except ValueError as error:
        msg = f"{path}: {error}"
        raise ValueError(msg) from error
    if not records:
        msg = f"{path} contains no motif."
        raise ValueError(msg)
    return records


def _reader(text: str) -> Callable[[str], Iterator[MotifRecord]]:
    if re.search(r"^MEME version|^MOTIF\s", text, re.MULTILINE):
        return _meme
    if re.search(r"^P[O0]\s", text, re.MULTILINE):
        return _transfac
    if re.search(r"^>", text, re.MULTILINE):
        return _jaspar
    msg = "this is not a MEME ('MOTIF …'), JASPAR ('>…') or TRANSFAC file ('PO …')."
    raise ValueError(msg)


def _meme(text: str) -> Iterator[MotifRecord]:
    alphabet = re.search(r"^ALPHABET\s*=?\s*(\S+)", text, re.MULTILINE)
    if alphabet and alphabet[1].strip('"').upper() not in {"ACGT", "DNA"}:
        msg = f"the alphabet is {alphabet[1]}, but must be ACGT."
        raise ValueError(msg)
    for part in re.split(r"^MOTIF\b", text, flags=re.MULTILINE)[1:]:
        head, _, body = part.partition("\n")
        words = head.split()
        if not words:
            msg = "a MOTIF has no name."
            raise ValueError(msg)
        matrix = re.search(r"letter-probability matrix:(.*)\n", body)
        if matrix is None:
            msg = f"motif {words[0]} has no letter-probability matrix."
            raise ValueError(msg)
        sites = re.search(r"nsites=\s*([\d.eE+]+)", matrix[1])
        rows = []
        for line in body[matrix.end() :].splitlines():
            numbers = line.split()
            if len(numbers) == 4 and all(map(_NUMBERS.fullmatch, numbers)):
                rows.append([float(number) for number in numbers])
            elif rows:
                break
        n_sites = float(sites[1]) if sites and float(sites[1]) > 0 else N_SITES
        yield MotifRecord(*_meme_name(words), _counts(words[0], rows, n_sites))


def _meme_name(words: list[str]) -> tuple[str, str]:
    """Id and name. The id comes first, as in JASPAR's own files; some tools write it after the name."""
    id_, name = words[0], words[-1] if len(words) < 3 else words[1]
    if JASPAR_ID.fullmatch(name) and not JASPAR_ID.fullmatch(id_):
        id_, name = name, id_
    return id_, name.removeprefix(f"{id_}.") or id_


def _jaspar(text: str) -> Iterator[MotifRecord]:
    for part in re.split(r"^>", text, flags=re.MULTILINE)[1:]:
        head, _, body = part.partition("\n")
        id_, *rest = head.split() or [""]
        name = " ".join(rest).removeprefix(f"{id_}.") or id_
        rows: dict[str, list[float]] = {}
        for line in filter(str.strip, body.splitlines()):
            letter = line.split()[0].upper()
            numbers = _NUMBERS.findall(line[line.index("[") :] if "[" in line else line.lstrip("ACGTacgt \t"))
            rows["ACGT"[len(rows) % 4] if letter not in "ACGT" else letter] = [float(number) for number in numbers]
        if set(rows) != set("ACGT") or len({len(row) for row in rows.values()}) != 1:
            msg = f"motif {id_} must have four rows of one length, A, C, G and T."
            raise ValueError(msg)
        yield MotifRecord(id_, name, _counts(id_, np.array([rows[letter] for letter in "ACGT"]).T, N_SITES))


def _transfac(text: str) -> Iterator[MotifRecord]:
    for part in re.split(r"^//.*$", text, flags=re.MULTILINE):
        fields: dict[str, str] = {}
        rows, order = [], ["A", "C", "G", "T"]
        for line in part.splitlines():
            key, _, value = line.partition(line[2:3] or " ")
            if re.fullmatch(r"P[O0]", key):
                order = value.upper().split()[:4]
            elif re.fullmatch(r"\d+", key):
                rows.append(dict(zip(order, map(float, value.split()[:4]), strict=True)))
            elif key == "CC" and ":" in value:
                fields.setdefault(*map(str.strip, value.split(":", 1)))
            elif value.strip():
                fields.setdefault(key, value.strip())
        if not rows:
            continue
        if set(order) != set("ACGT"):
            msg = f"motif {fields.get('AC', '?')} has the columns {' '.join(order)}, expected A C G T."
            raise ValueError(msg)
        id_ = fields.get("AC") or fields.get("ID") or ""
        name = fields.get("NA") or fields.get("ID") or id_
        counts = _counts(id_, [[row[letter] for letter in "ACGT"] for row in rows], N_SITES)
        yield MotifRecord(id_, name, counts, fields.get("tf_family", ""), fields.get("tf_class", ""))


def _counts(id_: str, rows: list[list[float]] | np.ndarray, n_sites: float) -> np.ndarray:
    """Counts; probabilities are multiplied by the number of sites."""
    counts = np.array(rows, np.float64)
    totals = counts.sum(axis=1) if counts.ndim == 2 else np.zeros(0)
    if not id_ or not len(totals) or not np.isfinite(totals).all() or (counts < 0).any() or (totals <= 0).any():
        msg = f"motif {id_ or 'without an id'} must have rows of counts or probabilities, without negative values and rows of zeros."
        raise ValueError(msg)
    return counts * n_sites if np.allclose(totals, 1, atol=0.02) else counts
