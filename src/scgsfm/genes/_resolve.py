from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ._tables import Gene, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from ._tables import Organism

STATUSES: Final = ("approved", "previous", "alias", "ensembl", "entrez", "ortholog", "ambiguous", "unknown")
"""How a name can be resolved."""

_ENSEMBL = re.compile(r"ENS(MUS)?G(\d{11})(?!\d)")
_GENOME = re.compile(r"(?:GRCh3[78]|hg19|hg38|GRCm3[89]|mm9|mm10|mm39)(?:-\d{4}-[A-Z])?[_-]+(.+)")
_ENTREZ = re.compile(r"([1-9]\d{0,9})(?:\.0)?")
_COPY = re.compile(r"(.+)([._-])\d+")


@dataclass(frozen=True)
class Resolution:
    """What names were resolved to; arrays of the length of the input, in its order."""

    names: np.ndarray
    """The names as given, as strings."""
    symbols: np.ndarray
    """Approved human symbols; ``""`` where there is none."""
    how: np.ndarray
    """One of :data:`STATUSES` for each name."""
    organism: str
    """``"human"`` or ``"mouse"``: as given, or what most names belong to."""

    @property
    def matched(self) -> np.ndarray:
        """Which names have a symbol."""
        return self.symbols != ""

    @property
    def share(self) -> float:
        """The share of names that have a symbol; 0 for no names."""
        return float(self.matched.mean()) if len(self.names) else 0.0

    @property
    def counts(self) -> dict[str, int]:
        """How many names were resolved in each way."""
        found = Counter(self.how.tolist())
        return {how: found[how] for how in STATUSES}

    def summary(self) -> str:
        """One line for people."""
        ways = ", ".join(f"{n:,} {how}" for how, n in self.counts.items() if n)
        return (
            f"{int(self.matched.sum()):,} of {len(self.names):,} {self.organism} gene names "
            f"({self.share:.1%}) have an approved human symbol" + (f": {ways}" if ways else "")
        )


def resolve(names: Iterable[Any], *, organism: Organism | None = None) -> Resolution:
    """Find the approved human symbol (HGNC) of each gene name.

    Understands approved, previous and alias symbols, Ensembl ids with or without version, Entrez ids, and mouse
    symbols and ids through one-to-one orthologs. Aliases that several genes share are never guessed, and an approved
    symbol always outranks the alias of another gene. The tables are embedded (HGNC, NCBI Gene, Ensembl, HCOP).

    Parameters
    ----------
    names
        Gene names: strings, or integers for Entrez ids. Missing values are unknown names.
    organism
        What the names belong to. By default, the organism to which most of them belong. It decides how names that
        exist in both are read (``"C3"``) and, if given, lets names in small letters (``"cd4"``) be repaired.

    Returns
    -------
    Symbols and the way of each name, see :class:`Resolution`.

    Raises
    ------
    TypeError
        If ``names`` is a single string.
    ValueError
        If ``organism`` is neither ``"human"`` nor ``"mouse"``.

    Examples
    --------
    >>> from scgsfm.genes import resolve
    >>> found = resolve(["TP53", "SEPT9", "CD20", "ENSG00000153563.15", "7157", "Ptprc", "CAP"])
    >>> found.symbols.tolist()
    ['TP53', 'SEPTIN9', 'MS4A1', 'CD8A', 'TP53', 'PTPRC', '']
    >>> found.how.tolist()
    ['approved', 'previous', 'previous', 'ensembl', 'entrez', 'ortholog', 'ambiguous']
    """
    given = as_names(names)
    genes, organism = locate(given, organism)
    symbols, how = np.full(len(given), "", object), np.full(len(given), "unknown", object)
    for i, gene in enumerate(genes):
        if gene and gene.how == "ambiguous":
            how[i] = gene.how
        elif gene and gene.human_symbol:
            symbols[i] = gene.human_symbol
            how[i] = gene.how if gene.organism == "human" else "ortholog"
    return Resolution(given, symbols, how, organism)


def protein_coding(symbols: Iterable[str]) -> np.ndarray:
    """Tell which approved human symbols are those of protein-coding genes (NCBI Gene, Ensembl)."""
    human = table("human")
    genes = (human.find_approved(symbol) for symbol in symbols)
    return np.array([gene is not None and human.coding[gene.row] for gene in genes], dtype=bool)


def as_names(names: Iterable[Any]) -> np.ndarray:
    """An object array of stripped strings; missing values become ``""``."""
    if isinstance(names, str | bytes):
        msg = f"`names` must be a list of gene names, not the single string {names!r}: write [{names!r}]"
        raise TypeError(msg)
    values = names.tolist() if hasattr(names, "tolist") else list(names)
    cleaned = np.empty(len(values), object)
    # a value unequal to itself is NaN; pandas' NA is not even comparable
    cleaned[:] = [
        v.strip() if isinstance(v, str) else "" if v is None or type(v).__name__ == "NAType" or v != v else str(v)
        for v in values
    ]
    return cleaned


def locate(names: np.ndarray, organism: Organism | None) -> tuple[list[Gene | None], Organism]:
    """The gene of each name, and the organism of most of them."""
    if organism not in ("human", "mouse", None):
        msg = f"`organism` must be 'human', 'mouse' or None, not {organism!r}"
        raise ValueError(msg)
    unique = list(dict.fromkeys(names.tolist()))
    reader = _Reader(unique, organism)
    found = dict(zip(unique, reader.genes, strict=True))
    return [found[name] for name in names], reader.organism


class _Reader:
    """Reads distinct names together: their organism, and which are copies of others, shows only in company."""

    def __init__(self, names: Sequence[str], organism: Organism | None) -> None:
        self.present = set(names) - {""}
        self.repair_case = organism is not None
        self.entrez = not _are_positions(names)
        human, mouse = table("human"), table("mouse")
        self.tables = (human, mouse)
        self.organism: Organism = organism or self._detect(names)
        if self.organism == "mouse":
            self.tables = (mouse, human)
        self.genes = [self._read(name) for name in names]

    def _detect(self, names: Sequence[str]) -> Organism:
        """The organism with more approved symbols and ids among the names, then with more names of any kind."""
        approved, other = Counter[str](), Counter[str]()
        for name in names[:: len(names) // 2000 + 1]:  # an even sample suffices
            plain = _without_genome(name)
            if gene := self._read_id(plain):
                approved[gene.organism] += 1
                continue
            for genes in self.tables:
                if gene := genes.find(plain):
                    (approved if gene.how == "approved" else other)[gene.organism] += 1
        score = {organism: (approved[organism], other[organism]) for organism in ("human", "mouse")}
        return "mouse" if score["mouse"] > score["human"] else "human"

    def _read(self, name: str) -> Gene | None:
        if gene := self.tables[0].find_approved(name):
            return gene
        plain = _without_genome(name)
        for form in (name, plain) if plain != name else (name,):
            if gene := self._read_plain(form) or self._read_copy(form):
                return gene
        # R writes HLA.A for HLA-A
        if "." in plain and (gene := self._read_approved(plain.replace(".", "-"))):
            return gene
        if self.repair_case and plain.islower():
            return self._read_approved(plain.upper() if self.organism == "human" else plain.capitalize())
        return None

    def _read_plain(self, name: str) -> Gene | None:
        """An id, or a name as it stands in the tables.

        What a gene of the names' own organism is or was called comes before symbols of the other organism, and these
        before aliases.
        """
        own, other = self.tables[0].find(name), self.tables[1].find(name)
        if own and own.how in ("approved", "previous"):
            return own
        if other and other.how == "approved":
            return other
        return self._read_id(name) or (None if self._original(name) in self.present else own or other)

    def _read_approved(self, name: str) -> Gene | None:
        return self.tables[0].find_approved(name) or self.tables[1].find_approved(name)

    def _read_id(self, name: str) -> Gene | None:
        if "ENS" in name and (match := _ENSEMBL.search(name)):
            genes = next(genes for genes in self.tables if genes.organism == ("mouse" if match[1] else "human"))
            row = genes.ensembl.get(int(match[2]))
            if row is not None:
                return Gene(genes.organism, row, "ensembl")
            # the id of "CD8A_ENSG00000999999" may have been retired
            return self._read_approved((name[: match.start()] + name[match.end() :]).strip("_|-. "))
        if self.entrez and name[:1].isdigit() and (match := _ENTREZ.fullmatch(name)):
            for genes in self.tables:
                row = genes.entrez.get(int(match[1]))
                if row is not None:
                    return Gene(genes.organism, row, "entrez")
        return None

    def _read_copy(self, name: str) -> Gene | None:
        """``TBCE-1`` beside ``TBCE``, or ``CD8A.1``: suffixes that make duplicate names unique."""
        original = self._original(name)
        # without its original, "CAT-1" may mean a gene other than CAT
        if original in self.present or name[len(original) :].startswith("."):
            return self._read_approved(original)
        return None

    @staticmethod
    def _original(name: str) -> str:
        """``TBCE`` for ``TBCE-1``; ``""`` for a name without such a suffix."""
        match = _COPY.fullmatch(name) if name[-1:].isdigit() else None
        return match[1] if match else ""


def _without_genome(name: str) -> str:
    match = _GENOME.fullmatch(name) if name[:1] in ("G", "h", "m") else None
    return match[1] if match else name


def _are_positions(names: Sequence[str]) -> bool:
    """Whether numeric names count rows (0, 1, 2, …) rather than being Entrez ids."""
    numbers = {int(name) for name in names if name.isdecimal()}
    return 0 in numbers or (len(numbers) > 2 and numbers == set(range(1, len(numbers) + 1)))
