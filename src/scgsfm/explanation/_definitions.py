"""Definitions of terms of the Gene Ontology and of cell types of the Cell Ontology (both CC BY 4.0)."""

from __future__ import annotations

import lzma
import re
from functools import cache
from importlib.resources import files
from typing import NamedTuple

SOURCE, VERSION, LICENSE = "Gene Ontology, definitions", "2022-07", "CC BY 4.0"
CELL_SOURCE, CELL_VERSION, CELL_LICENSE = "Cell Ontology, definitions", "2026-03-26", "CC BY 4.0"
_ID = re.compile(r"GO:\d{7}")
_CELL_ID = re.compile(r"CL:\d{7}")
_SPELLINGS = (("haem", "hem"), ("oedem", "edem"), ("centre", "center"), ("fibre", "fiber"), ("tumour", "tumor"))


class CellType(NamedTuple):
    """A cell type of the Cell Ontology."""

    id: str
    names: tuple[str, ...]
    """The label and its synonyms."""
    definition: str

    @property
    def title(self) -> str:
        """Label and id."""
        return f"{self.names[0]} ({self.id})"


def _lines(name: str) -> list[str]:
    packed = (files("scgsfm") / "data" / "explanation" / name).read_bytes()
    return [line for line in lzma.decompress(packed).decode().splitlines() if not line.startswith("#")]


@cache
def definitions() -> dict[str, str]:
    """Definition of each term of the embedded libraries by its id."""
    return dict(line.split("\t", 1) for line in _lines("go_definitions.tsv.xz"))


def definition(term: str) -> str:
    """The definition of a term whose name contains its id; ``""`` if there is none."""
    found = _ID.search(term)
    return definitions().get(found[0], "") if found else ""


@cache
def cell_types() -> dict[str, CellType]:
    """Cell types with a definition, by id."""
    rows = (line.split("\t") for line in _lines("cl_definitions.tsv.xz"))
    return {name: CellType(name, tuple(names.split("|")), text) for name, names, text in rows}


@cache
def _cell_types_by_name() -> dict[str, CellType | None]:
    """Cell types by each of their names; ``None`` for synonyms of several."""
    found: dict[str, CellType | None] = {}
    for each in cell_types().values():
        for name in dict.fromkeys(map(plain_name, each.names[1:])):
            found[name] = None if name in found else each
    return found | {plain_name(each.names[0]): each for each in cell_types().values()}


def plain_name(name: str) -> str:
    """The name of a cell type in one writing: ``"NK cells"`` and ``"NK-cell"`` are the same, as are British spellings."""
    name = re.sub(r"[\s_-]+", " ", name.strip().casefold())
    for british, american in _SPELLINGS:
        name = name.replace(british, american)
    return re.sub(r"(?<=[a-z])s$", "", name)


def cell_type(name: str) -> CellType | None:
    """The cell type with a label, synonym or id; ``None`` if there is none, or several."""
    if not name:
        return None
    if found := _CELL_ID.search(name):
        return cell_types().get(found[0])
    known, plain = _cell_types_by_name(), plain_name(name)
    return known.get(plain) or known.get(f"{plain} cell")
