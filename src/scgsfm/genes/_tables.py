"""Embedded gene tables, read on first use."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Final, Literal, NamedTuple, get_args

import numpy as np

Organism = Literal[
    "human",
    "mouse",
    "rat",
    "zebrafish",
    "macaque",
    "cynomolgus",
    "chimpanzee",
    "gorilla",
    "marmoset",
    "mouse_lemur",
    "rabbit",
    "pig",
    "cow",
    "dog",
    "cat",
    "horse",
    "chicken",
    "frog",
    "fly",
]
"""Organisms with a gene table."""

ORGANISMS: Final[tuple[Organism, ...]] = get_args(Organism)

OF_ENSEMBL: Final[dict[str, Organism]] = {
    "": "human",
    "MUS": "mouse",
    "RNO": "rat",
    "DAR": "zebrafish",
    "MMU": "macaque",
    "MFA": "cynomolgus",
    "PTR": "chimpanzee",
    "GGO": "gorilla",
    "CJA": "marmoset",
    "MIC": "mouse_lemur",
    "OCU": "rabbit",
    "SSC": "pig",
    "BTA": "cow",
    "CAF": "dog",
    "FCT": "cat",
    "ECA": "horse",
    "GAL": "chicken",
    "XET": "frog",
}
"""Organism of each species code of Ensembl ids."""

HOW: Final = ("approved", "previous", "alias", "ambiguous")
"""Kinds of names. The position in this tuple is stored with each name."""

ORTHOLOGY: Final = ("", "one-to-one", "many-to-one", "one-to-many", "many-to-many")
"""Kinds of orthology: genes of the species per human gene, and human genes per gene of the species. The position in this
tuple is stored with each gene; ``""`` for genes without an ortholog, and for human genes."""

_AMBIGUOUS: Final = HOW.index("ambiguous")

FOLDER = files("scgsfm") / "data" / "genes"


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
        """The approved human symbol, of the ortholog for a gene of another species; ``""`` where there is none."""
        return "" if self.how == "ambiguous" else table(self.organism).human[self.row]

    @property
    def orthology(self) -> str:
        """The kind of orthology to the human gene; ``""`` for human genes, and where there is no ortholog."""
        return "" if self.how == "ambiguous" else ORTHOLOGY[table(self.organism).orthology[self.row]]


@dataclass(frozen=True)
class GeneTable:
    """The genes of one species and all their names."""

    organism: Organism
    symbols: list[str]
    """Approved symbols, sorted."""
    human: list[str]
    """Human symbol of each gene: its own, that of its ortholog, or ``""``."""
    orthology: np.ndarray
    """Kind of orthology to the human gene, as position in ``ORTHOLOGY``."""
    coding: np.ndarray
    """Whether a gene is protein-coding."""
    codes: dict[str, int]
    """Name → ``4 * row + position in HOW``."""
    ids: dict[str, dict[int, int]]
    """Kind of id (``"entrez"``, ``"ensembl"``, ``"hgnc"``, ``"mgi"``, ``"flybase"``) → number in the id → row."""

    def find(self, name: str) -> Gene | None:
        """The gene with this symbol, previous symbol or alias."""
        code = self.codes.get(name)
        return None if code is None else Gene(self.organism, code >> 2, HOW[code & 3])

    def find_approved(self, name: str) -> Gene | None:
        """The gene with this approved symbol."""
        code = self.codes.get(name, -1)
        return Gene(self.organism, code >> 2, HOW[0]) if code & 3 == 0 else None

    def find_any_case(self, name: str) -> Gene | None:
        """The gene with this name in any letter case: by symbol, else by previous symbol, else by alias."""
        code = self.in_capitals.get(name.upper())
        return None if code is None else Gene(self.organism, code >> 2, HOW[code & 3])

    def has_symbol(self, name: str) -> bool:
        """Whether a gene has this symbol, or had it, in any letter case."""
        gene = self.find_any_case(name)
        return gene is not None and gene.how in ("approved", "previous")

    def find_id(self, kind: str, number: int) -> Gene | None:
        """The gene with this id."""
        row = self.ids.get(kind, {}).get(number)
        return None if row is None else Gene(self.organism, row, kind)

    @cached_property
    def in_capitals(self) -> dict[str, int]:
        """``codes`` of the names in capitals; spellings of several genes are ambiguous."""
        capitals = "\n".join(self.codes).upper().split("\n")
        codes = np.fromiter(self.codes.values(), np.int64, len(self.codes))
        ranks = np.minimum(codes & 3, 2)  # ambiguous names rank as the aliases that they are
        found: dict[str, int] = {}
        for rank in (2, 1, 0):
            at = np.flatnonzero(ranks == rank)
            names, values = [capitals[i] for i in at], codes[at].tolist()
            last = dict(zip(names, values, strict=True))
            first = dict(zip(reversed(names), reversed(values), strict=True))
            found |= {name: code if first[name] == code else _AMBIGUOUS for name, code in last.items()}
        return found


@cache
def table(organism: Organism) -> GeneTable:
    """The table of an organism, read once."""
    with (FOLDER / f"{organism}.npz").open("rb") as file, np.load(file, allow_pickle=False) as stored:
        names = stored["names"].tobytes().decode().split("\n")
        symbols = human = names[: len(stored["coding"])]
        if organism != "human":
            human = [*table("human").symbols, ""]  # row -1: no ortholog
            human = [human[row] for row in stored["ortholog"].tolist()]
        kinds = set(stored.files) - {"names", "codes", "coding", "ortholog", "orthology"}
        return GeneTable(
            organism=organism,
            symbols=symbols,
            human=human,
            orthology=stored["orthology"] if organism != "human" else np.zeros(len(symbols), np.uint8),
            coding=stored["coding"],
            codes=dict(zip(names, stored["codes"].tolist(), strict=True)),
            ids={kind: dict(zip(*stored[kind].tolist(), strict=True)) for kind in kinds},
        )


def sources() -> dict[str, dict[str, str]]:
    """Version, license, URL and use of each source of the tables."""
    found: dict[str, dict[str, str]] = json.loads((FOLDER / "sources.json").read_text(encoding="utf-8"))
    return found
