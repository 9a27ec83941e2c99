"""Formats of motif files: how a file is split into motifs, and how the matrix of one is parsed."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

N_SITES = 20.0
"""Number of sites of a matrix of probabilities if the file has none, as in the MEME suite."""
JASPAR_ID = re.compile(r"[A-Z]{2}\d{4}(\.\d+)?")
ROUNDING = 0.1
"""Positions whose probabilities sum to 1 within this are rounded."""
_LABEL = re.compile(r"([A-Za-z])(?:\s*[:|\[]\s*|\s+)")
_ORDER = re.compile(r"^(?:P[O0S]\w*\s+)?([ACGTU])\s+([ACGTU])\s+([ACGTU])\s+([ACGTU])\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class MotifRecord:
    """A motif of a file; counts are positions × (A, C, G, T)."""

    id: str
    name: str
    counts: np.ndarray
    family: str = ""
    class_: str = ""


class MotifText(NamedTuple):
    """The text of one motif of a file."""

    label: str
    """For messages: its id, or its number in the file."""
    parse: Callable[[], MotifRecord]
    """Returns the motif, or raises a ValueError with the reason."""


def split_motifs(text: str, stem: str) -> list[MotifText]:
    """Split a file into motifs, in the format that its content shows.

    ``stem`` names the motif of a file that holds nothing but one matrix.
    """
    if re.search(r"^MEME version|^MOTIF\s", text, re.MULTILINE):
        return _split_meme(text)
    if re.search(r"^P[O0]\s", text, re.MULTILINE):
        return _split_transfac(text)
    if not re.search(r"^>", text, re.MULTILINE) and _is_matrix(text):
        text = f">{stem}\n{text}"
    if re.search(r"^>", text, re.MULTILINE):
        return _split_matrices(text)
    msg = (
        "this is not a MEME file ('MOTIF …'), a TRANSFAC file ('PO …'), or one of matrices below lines that begin with "
        "'>' (JASPAR, HOMER, HOCOMOCO, GimmeMotifs)."
    )
    raise ValueError(msg)


def _split_meme(text: str) -> list[MotifText]:
    alphabet = re.search(r"^ALPHABET\s*=?\s*(\S+)", text, re.MULTILINE)
    if alphabet and alphabet[1].strip('"').upper() not in {"ACGT", "DNA", "ACGU", "RNA"}:
        msg = f"the alphabet is {alphabet[1]}, but must be ACGT or ACGU."
        raise ValueError(msg)
    parts = re.split(r"^MOTIF\b", text, flags=re.MULTILINE)[1:]
    return [MotifText(_label(part, i), lambda part=part: _parse_meme(part)) for i, part in enumerate(parts)]  # type: ignore[misc]


def _parse_meme(part: str) -> MotifRecord:
    head, _, body = part.partition("\n")
    words = head.split()
    if not words:
        msg = "it has no name"
        raise ValueError(msg)
    matrix = re.search(r"^.*letter-probability matrix:(.*)$", body, re.MULTILINE)
    if matrix is None:
        msg = "no letter-probability matrix"
        raise ValueError(msg)
    options = {
        key: float(value)
        for key, value in re.findall(r"\b(alength|w|nsites)=\s*(\d+(?:\.\d*)?(?:[eE]\+?\d+)?)", matrix[1])
    }
    if options.get("alength", 4) != 4:
        msg = f"alength= {options['alength']:g}, but must be 4"
        raise ValueError(msg)
    rows = _meme_rows(body[matrix.end() :].splitlines(), options.get("w"))
    return MotifRecord(*_meme_name(words), to_counts(np.array(rows), options.get("nsites", 0) or N_SITES))


def _meme_rows(lines: list[str], width: float | None) -> list[list[float]]:
    """The rows of a matrix, over blank lines and comments, to the number that its header gives."""
    rows: list[list[float]] = []
    for line in lines:
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        row = _numbers(words)
        if row is None or len(row) != 4:
            if width is not None and len(rows) < width:
                msg = f"row {len(rows) + 1} of {width:g} is {line.strip()[:40]!r}, expected four numbers"
                raise ValueError(msg)
            break
        rows.append(row)
    if width is not None and len(rows) != width:
        msg = f"{len(rows)} rows, but its header has w= {width:g}"
        raise ValueError(msg)
    return rows


def _meme_name(words: list[str]) -> tuple[str, str]:
    """Id and name. The id comes first, as in JASPAR's own files; some tools write it after the name."""
    id_, name = words[0], words[-1] if len(words) < 3 else words[1]
    if JASPAR_ID.fullmatch(name) and not JASPAR_ID.fullmatch(id_):
        id_, name = name, id_
    return id_, name.removeprefix(f"{id_}.") or id_


def _split_transfac(text: str) -> list[MotifText]:
    parts = [part for part in re.split(r"^//.*$", text, flags=re.MULTILINE) if _is_transfac_motif(part)]
    return [
        MotifText(_transfac_id(_transfac_fields(part)) or f"motif {i + 1}", lambda part=part: _parse_transfac(part))  # type: ignore[misc]
        for i, part in enumerate(parts)
    ]


def _is_transfac_motif(part: str) -> bool:
    """Whether a block is a motif, unlike the block before the first, which describes the file."""
    return re.search(r"^(?:AC|ID|NA|P[O0])\s", part, re.MULTILINE) is not None


def _transfac_fields(part: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for line in part.splitlines():
        key, _, value = line.strip().partition(" ") if "\t" not in line[:3] else line.partition("\t")
        value = value.strip()
        if key == "CC" and ":" in value:
            fields.setdefault(*map(str.strip, value.split(":", 1)))
        elif value:
            fields.setdefault(key, value)
    return fields


def _transfac_id(fields: dict[str, str]) -> str:
    return fields.get("AC") or fields.get("ID") or ""


def _parse_transfac(part: str) -> MotifRecord:
    fields = _transfac_fields(part)
    order, rows, numbers = "", [], []
    for line in part.splitlines():
        words = line.split()
        if words and re.fullmatch(r"P[O0]", words[0]):
            order = "".join(words[1:5]).upper().replace("U", "T")
        elif order and words and words[0].isdecimal():
            row = _numbers(words[1:5])
            if row is None or len(row) != 4:
                msg = f"line {line.strip()[:40]!r} of the matrix doesn't have four numbers"
                raise ValueError(msg)
            rows.append(row)
            numbers.append(int(words[0]))
        elif rows:  # numbered lines below the matrix aren't rows of it
            break
    if sorted(order) != list("ACGT"):
        msg = f"the columns are {' '.join(order) or 'not named'}, expected A C G T"
        raise ValueError(msg)
    if numbers and numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        msg = f"its rows are numbered {', '.join(map(str, numbers[:12]))}"
        raise ValueError(msg)
    counts = np.array(rows).reshape(-1, 4)[:, [order.index(base) for base in "ACGT"]]
    id_ = _transfac_id(fields)
    name = fields.get("NA") or fields.get("ID") or id_
    family, class_ = fields.get("tf_family", ""), fields.get("tf_class", "")
    return MotifRecord(id_, name, to_counts(counts), family, class_)


def _is_matrix(text: str) -> bool:
    """Whether a text holds rows of numbers alone, such as a file of CIS-BP."""
    lines = list(_matrix_lines(text))
    return len(lines) > 1 and all(_ORDER.match(line) or _numbers(_row(line)[1]) is not None for line in lines)


def _split_matrices(text: str) -> list[MotifText]:
    parts = re.split(r"^>", text, flags=re.MULTILINE)[1:]
    blocks = [_Block(part) for part in parts]
    layouts = {layout for block in blocks if (layout := block.layout()) is not None and not block.labelled}
    usual = layouts.pop() if len(layouts) == 1 else None
    return [
        MotifText(_label(part, i), lambda block=block: block.parse(usual))  # type: ignore[misc]
        for i, (part, block) in enumerate(zip(parts, blocks, strict=True))
    ]


class _Block:
    """A header and the matrix below it: either rows A, C, G and T, or a row for each position."""

    def __init__(self, part: str) -> None:
        self.head, _, body = part.partition("\n")
        self.order, self.labels, self.rows = "", [], []  # type: ignore[var-annotated]
        self.wrong = ""
        for line in _matrix_lines(body):
            if found := _ORDER.match(line):
                self.order = "".join(found.groups()).upper().replace("U", "T")
                continue
            label, words = _row(line)
            row = _numbers(words)
            if row is None and not self.wrong:
                self.wrong = f"row {len(self.rows) + 1} is {line.strip()[:40]!r}, expected numbers"
            self.labels.append(label)
            self.rows.append(row or [])

    @property
    def labelled(self) -> bool:
        """Whether the rows are called A, C, G and T."""
        return sorted(self.labels) == list("ACGT")

    @property
    def is_homer(self) -> bool:
        """Whether the header has HOMER's fields: consensus, name and threshold."""
        fields = self.head.split("\t")
        return len(fields) > 2 and _numbers(fields[2:3]) is not None

    def layout(self) -> str | None:
        """``"positions"`` or ``"bases"``, by what the rows are; None if it is unclear."""
        widths = {len(row) for row in self.rows}
        if self.order or self.is_homer:
            return "positions"
        if widths != {4} or len(self.rows) != 4:
            return "positions" if widths == {4} and not self.labelled else "bases"
        by_row, by_column = (_is_constant(np.array(self.rows).sum(axis=axis)) for axis in (1, 0))
        if by_row == by_column:
            return "bases" if self.labelled else None
        return "positions" if by_row else "bases"

    def parse(self, usual: str | None) -> MotifRecord:
        """The motif; ``usual`` is the layout of the other matrices of the file."""
        id_, name, family = self._name()
        if self.wrong:
            raise ValueError(self.wrong)
        layout = self.layout() or usual
        if layout is None:
            msg = "a 4 × 4 matrix without names of rows, whose rows may be bases or positions"
            raise ValueError(msg)
        n_columns = 5 if self.order and all(len(row) == 5 for row in self.rows) else 4  # the position comes first
        widths = {len(row) for row in self.rows}
        if layout == "positions" and widths == {n_columns}:
            order = self.order or "ACGT"
            counts = np.array(self.rows)[:, [order.index(base) - 4 for base in "ACGT"]]
        elif layout == "bases" and len(self.rows) == 4 and len(widths) == 1 and (self.labelled or not any(self.labels)):
            order = "".join(self.labels) if self.labelled else "ACGT"
            counts = np.array([self.rows[order.index(base)] for base in "ACGT"]).T
        else:
            lengths = ", ".join(map(str, [len(row) for row in self.rows][:6])) or "none"
            msg = (
                "it must have four rows of one length, A, C, G and T, or a row of four numbers for each position; found "
                f"{len(self.rows)} rows with {lengths} numbers"
            )
            raise ValueError(msg)
        return MotifRecord(id_, name, to_counts(counts), family)

    def _name(self) -> tuple[str, str, str]:
        """Id, name and family."""
        if self.is_homer:
            # consensus, then NAME(FAMILY)/experiment/…; motifs found de novo have ',BestGuess:' in between
            id_ = self.head.split("\t")[1].partition(",BestGuess:")[0].strip()
            found = re.match(r"([^(/]+)(?:\(([^()]*)\))?", id_)
            name, family = (found[1], found[2] or "") if found else (id_, "")
            return id_, name, family.replace("?", "")
        id_, *rest = self.head.split() or [""]
        return id_, " ".join(rest).removeprefix(f"{id_}.") or id_, ""


def _matrix_lines(text: str) -> Iterator[str]:
    return (line for line in text.splitlines() if line.strip() and not line.lstrip().startswith(("#", "//")))


def _row(line: str) -> tuple[str, list[str]]:
    """The label of a row, or an empty string, and its words."""
    line = line.strip()
    found = _LABEL.match(line)
    label = found[1].upper().replace("U", "T") if found else ""
    return label, re.sub(r"[\[\],]", " ", line[found.end() if found else 0 :]).split()


def _numbers(words: list[str]) -> list[float] | None:
    """Finite numbers, or None."""
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        return None
    return numbers if all(map(math.isfinite, numbers)) else None


def _label(part: str, i: int) -> str:
    words = part.partition("\n")[0].split()
    return words[0] if words else f"motif {i + 1}"


def _is_constant(sums: np.ndarray) -> bool:
    return bool(np.allclose(sums, sums.mean(), rtol=0.02, atol=0.02))


def to_counts(matrix: np.ndarray, n_sites: float = N_SITES) -> np.ndarray:
    """Counts of positions × bases, from counts, from probabilities (times the number of sites), or from log-odds.

    Log-odds are recognized by negative values, and by probabilities that sum to 1 if the background is uniform.
    """
    if not matrix.size:
        msg = "its matrix has no rows"
        raise ValueError(msg)
    if (matrix < 0).any():
        return n_sites * _from_log_odds(matrix)
    totals = matrix.sum(axis=1)
    if (totals <= 0).any():
        msg = f"position {int(totals.argmin()) + 1} is zero for all bases"
        raise ValueError(msg)
    rounded = np.abs(totals - 1) <= ROUNDING
    if rounded.all():
        return matrix * n_sites
    if rounded.any() and (matrix % 1).any():
        at = int(np.abs(totals - 1).argmax())
        msg = f"position {at + 1} sums to {totals[at]:g}, others to 1"
        raise ValueError(msg)
    return matrix


def _from_log_odds(matrix: np.ndarray) -> np.ndarray:
    for base in (math.e, 2.0):
        probabilities: np.ndarray = base**matrix / 4
        if np.allclose(probabilities.sum(axis=1), 1, atol=0.03):
            return probabilities
    msg = "it has negative values, which aren't log-odds to a uniform background: give counts or probabilities"
    raise ValueError(msg)
