from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from scgsfm._messages import check_choice

from ._tables import Gene, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from ._tables import Organism

STATUSES: Final = ("approved", "previous", "alias", "ensembl", "entrez", "ortholog", "ambiguous", "unknown")
"""Ways in which a name can be resolved."""

_ENSEMBL = re.compile(r"ENS(MUS)?G(\d{11})(?!\d)")
_GENOME = re.compile(r"(?:GRCh3[78]|hg19|hg38|GRCm3[89]|mm9|mm10|mm39)(?:-\d{4}-[A-Z])?[_-]+(.+)")
_ENTREZ = re.compile(r"([1-9]\d{0,9})(?:\.0)?")
_COPY = re.compile(r"(.+)([._-])\d+")


@dataclass(frozen=True)
class Resolution:
    """Resolved names, as arrays in the order of the input."""

    names: np.ndarray
    """The given names, as strings."""
    symbols: np.ndarray
    """Approved human symbols; ``""`` if there is none."""
    how: np.ndarray
    """One of :data:`STATUSES` for each name."""
    organism: str
    """``"human"`` or ``"mouse"``: as given, or the organism of most names."""

    @property
    def matched(self) -> np.ndarray:
        """Whether each name has a symbol."""
        return np.asarray(self.symbols != "")

    @property
    def share(self) -> float:
        """Share of names with a symbol; 0 if there are no names."""
        return float(self.matched.mean()) if len(self.names) else 0.0

    @property
    def counts(self) -> dict[str, int]:
        """Number of names resolved in each way."""
        found = Counter(self.how.tolist())
        return {how: found[how] for how in STATUSES}

    def summary(self) -> str:
        """One-line summary."""
        ways = ", ".join(f"{n:,} {how}" for how, n in self.counts.items() if n)
        return (
            f"{int(self.matched.sum()):,} of {len(self.names):,} {self.organism} gene names "
            f"({self.share:.1%}) have an approved human symbol" + (f": {ways}" if ways else "")
        )


def resolve(names: Iterable[Any], *, organism: Organism | None = None) -> Resolution:
    """Find the approved human symbol (HGNC) of each gene name.

    Resolves approved, previous and alias symbols, Ensembl ids with or without version, Entrez ids, and mouse symbols
    and ids via one-to-one orthologs. Aliases shared by several genes are ambiguous and are not resolved. An approved
    symbol takes precedence over the alias of another gene. The gene tables (HGNC, NCBI Gene, Ensembl, HCOP) are
    embedded.

    Parameters
    ----------
    names
        Gene names: strings, or integers for Entrez ids. Missing values are treated as unknown.
    organism
        Organism of the names. By default, the organism of most names. It decides how names that exist in both
        organisms (``"C3"``) are read. If given, names in lower case (``"cd4"``) are also resolved.

    Returns
    -------
    The symbol of each name and how it was resolved, see :class:`Resolution`.

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
    """Whether each approved human symbol is a protein-coding gene (NCBI Gene, Ensembl)."""
    human = table("human")
    genes = (human.find_approved(symbol) for symbol in symbols)
    return np.array([gene is not None and human.coding[gene.row] for gene in genes], dtype=bool)


def as_names(names: Iterable[Any]) -> np.ndarray:
    """An object array of stripped strings; missing values become ``""``."""
    if isinstance(names, str | bytes):
        msg = f"`names` is the string {names!r}, but must be a list of gene names: use [{names!r}]."
        raise TypeError(msg)
    values = names.tolist() if hasattr(names, "tolist") else list(names)
    cleaned = np.empty(len(values), object)
    cleaned[:] = [value.strip() if isinstance(value, str) else _text(value) for value in values]
    return cleaned


def _text(value: object) -> str:
    """The text of a name that is not a string; ``""`` if it is missing."""
    # NaN and NaT are unequal to themselves, which pandas' NA can't be asked
    missing = value is None or type(value).__name__ == "NAType" or value != value  # noqa: PLR0124
    return "" if missing else str(value)


def locate(names: np.ndarray, organism: Organism | None) -> tuple[list[Gene | None], Organism]:
    """The gene of each name, and the organism of most of them."""
    check_choice("organism", organism, ("human", "mouse", None))
    unique = list(dict.fromkeys(names.tolist()))
    reader = _Reader(unique, organism)
    found = dict(zip(unique, reader.genes, strict=True))
    return [found[name] for name in names], reader.organism


class _Reader:
    """Resolves distinct names jointly, since the organism and copies of other names depend on all names."""

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
        """The gene of an id or of a name in the tables.

        Approved and previous symbols of the names' organism come first, then approved symbols of the other organism,
        then aliases.
        """
        gene, other = self.tables[0].find(name), self.tables[1].find(name)
        if gene and gene.how in ("approved", "previous"):
            return gene
        if other and other.how == "approved":
            return other
        return self._read_id(name) or (None if self._original(name) in self.present else gene or other)

    def _read_approved(self, name: str) -> Gene | None:
        return self.tables[0].find_approved(name) or self.tables[1].find_approved(name)

    def _read_id(self, name: str) -> Gene | None:
        if "ENS" in name and (match := _ENSEMBL.search(name)):
            genes = next(genes for genes in self.tables if genes.organism == ("mouse" if match[1] else "human"))
            row = genes.ensembl.get(int(match[2]))
            if row is not None:
                return Gene(genes.organism, row, "ensembl")
            # the id of "CD8A_ENSG00000999999" may be retired, its symbol valid
            return self._read_approved((name[: match.start()] + name[match.end() :]).strip("_|-. "))
        if self.entrez and name[:1].isdigit() and (match := _ENTREZ.fullmatch(name)):
            for genes in self.tables:
                row = genes.entrez.get(int(match[1]))
                if row is not None:
                    return Gene(genes.organism, row, "entrez")
        return None

    def _read_copy(self, name: str) -> Gene | None:
        """The gene of ``TBCE-1`` next to ``TBCE``, or of ``CD8A.1``: suffixes that make duplicate names unique."""
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
    """Whether numeric names are row numbers (0, 1, 2, …) rather than Entrez ids."""
    numbers = {int(name) for name in names if name.isdecimal()}
    return 0 in numbers or (len(numbers) > 2 and numbers == set(range(1, len(numbers) + 1)))
