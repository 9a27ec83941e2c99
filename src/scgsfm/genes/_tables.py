"""Embedded gene tables, read on first use."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, Literal, NamedTuple

import numpy as np

Organism = Literal["human", "mouse"]

HOW: Final = ("approved", "previous", "alias", "ambiguous")
"""Kinds of names. The position in this tuple is stored with each name."""

_FOLDER = files("scgsfm") / "data" / "genes"


class Gene(NamedTuple):
    """The gene that a name was resolved to: the row of the organism's table."""

    organism: Organism
    row: int
    how: str

    @property
    def symbol(self) -> str:
        """The approved symbol in the gene's own species; ``""`` for an ambiguous name."""
        return "" if self.how == "ambiguous" else table(self.organism).symbols[self.row]

    @property
    def human_symbol(self) -> str:
        """The approved human symbol, of the ortholog for a mouse gene; ``""`` where there is none."""
        return "" if self.how == "ambiguous" else table(self.organism).human[self.row]


@dataclass(frozen=True)
class GeneTable:
    """The genes of one species and all their names."""

    organism: Organism
    symbols: list[str]
    """Approved symbols, sorted."""
    human: list[str]
    """Human symbol of each gene: its own, that of its ortholog, or ``""``."""
    coding: np.ndarray
    """Whether a gene is protein-coding."""
    codes: dict[str, int]
    """Name → ``4 * row + position in HOW``."""
    entrez: dict[int, int]
    """Entrez id → row."""
    ensembl: dict[int, int]
    """Number in the Ensembl gene id → row."""

    def find(self, name: str) -> Gene | None:
        """The gene with this symbol, previous symbol or alias."""
        code = self.codes.get(name)
        return None if code is None else Gene(self.organism, code >> 2, HOW[code & 3])

    def find_approved(self, name: str) -> Gene | None:
        """The gene with this approved symbol."""
        code = self.codes.get(name, -1)
        return Gene(self.organism, code >> 2, HOW[0]) if code & 3 == 0 else None


@cache
def table(organism: Organism) -> GeneTable:
    """The table of an organism, read once."""
    with (_FOLDER / f"{organism}.npz").open("rb") as file, np.load(file, allow_pickle=False) as stored:
        names = stored["names"].tobytes().decode().split("\n")
        symbols = human = names[: len(stored["coding"])]
        if organism == "mouse":
            human = [*table("human").symbols, ""]  # row -1: no ortholog
            human = [human[row] for row in stored["ortholog"].tolist()]
        return GeneTable(
            organism=organism,
            symbols=symbols,
            human=human,
            coding=stored["coding"],
            codes=dict(zip(names, stored["codes"].tolist(), strict=True)),
            entrez=dict(zip(*stored["entrez"].tolist(), strict=True)),
            ensembl=dict(zip(*stored["ensembl"].tolist(), strict=True)),
        )


def sources() -> dict[str, dict[str, str]]:
    """Version, license, URL and use of each source of the tables."""
    found: dict[str, dict[str, str]] = json.loads((_FOLDER / "sources.json").read_text(encoding="utf-8"))
    return found
