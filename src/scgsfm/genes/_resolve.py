from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from scgsfm._messages import check_choice

from ._spreadsheet_dates import date_symbols
from ._tables import OF_ENSEMBL, ORGANISMS, ORTHOLOGY, Gene, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from ._tables import GeneTable, Organism

STATUSES: Final = ("approved", "previous", "alias", "ensembl", "entrez", "hgnc", "ortholog", "ambiguous", "unknown")
"""Ways in which a name can be resolved."""

_ENSEMBL = re.compile(r"ENS([A-Z]{3})?G(\d{11})(?!\d)", re.IGNORECASE)
_FLYBASE = re.compile(r"(?:FLYBASE:)?FBgn(\d{7})", re.IGNORECASE)
_CURIE = re.compile(
    r"(?:.*[/:#_. ])?(hgnc|mgi|ncbi[ _]?gene|gene_?id|entrez(?:[ _]?gene)?|nlm\.nih\.gov/gene)[:/_ ]+(\d{1,10})/?",
    re.IGNORECASE,
)
_MIN_DETECTED: Final = 10
"""Number of names from which rat and zebrafish symbols are distinguished from those of mouse and human."""
_GENOME = re.compile(r"(?:GRCh3[78]|hg19|hg38|GRCm3[89]|mm9|mm10|mm39)(?:-\d{4}-[A-Z])?[_-]+(.+)")
_ENTREZ = re.compile(r"([1-9]\d{0,9})(?:\.0)?")
MITOCHONDRIAL: Final = {
    "ATP6": "MT-ATP6",
    "ATP8": "MT-ATP8",
    "COX1": "MT-CO1",
    "COX2": "MT-CO2",
    "COX3": "MT-CO3",
    "CYTB": "MT-CYB",
    "ND1": "MT-ND1",
    "ND2": "MT-ND2",
    "ND3": "MT-ND3",
    "ND4": "MT-ND4",
    "ND4L": "MT-ND4L",
    "ND5": "MT-ND5",
    "ND6": "MT-ND6",
}
"""Symbols of NCBI Gene and RefSeq that are aliases of other genes as well."""
_BLANKS = " \t\r\n\f\v\xa0\ufeff\u200b"
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
    """The organism as given, or that of most names."""
    orthology: np.ndarray
    """For each name of another species, the kind of orthology to the human gene: ``"one-to-one"``, ``"many-to-one"``
    (several genes of the species, one human gene), ``"one-to-many"`` (the best supported human gene is used) or
    ``"many-to-many"``; else ``""``."""

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

    @property
    def orthologs(self) -> dict[str, int]:
        """Number of names by the kind of orthology; empty if all names are of human genes."""
        found = Counter(self.orthology.tolist())
        return {kind: found[kind] for kind in ORTHOLOGY[1:] if found[kind]}

    @property
    def ortholog_note(self) -> str:
        """For messages: how many of the orthologs are one-to-one; ``""`` if all names are of human genes."""
        n = sum(self.orthologs.values())
        return f"{self.orthologs.get('one-to-one', 0) / n:.0%} of the orthologs are one-to-one" if n else ""

    def summary(self) -> str:
        """One-line summary."""
        ways = ", ".join(f"{n:,} {how}" for how, n in self.counts.items() if n)
        return (
            f"{int(self.matched.sum()):,} of {len(self.names):,} {self.organism} gene names "
            f"({self.share:.1%}) have an approved human symbol" + (f": {ways}" if ways else "")
        ) + (f"; {self.ortholog_note}" if self.ortholog_note else "")


def resolve(names: Iterable[Any], *, organism: Organism | None = None) -> Resolution:
    """Find the approved human symbol (HGNC) of each gene name.

    Resolves approved, previous and alias symbols in any letter case, Ensembl ids with or without version, Entrez, HGNC
    and MGI ids (``"HGNC:1678"``, ``"NCBIGene:920"``, or as the end of an IRI), and symbols and ids of mouse, rat,
    zebrafish, other vertebrates and fruit fly via orthologs. Dates that spreadsheets made of symbols (``"1-Sep"``) and
    symbols with R's dots (``"HLA.A"``) are read as these symbols.

    An approved symbol takes precedence over the alias of another gene, and a protein-coding gene over pseudogenes.
    Aliases shared by several genes are ambiguous and are not resolved. The gene tables (HGNC, NCBI Gene, Ensembl, MGI,
    RGD, HCOP) are embedded.

    Parameters
    ----------
    names
        Gene names: strings, or integers for Entrez ids. Missing values are treated as unknown.
    organism
        Organism of the names: human, mouse, rat, zebrafish, macaque, cynomolgus, chimpanzee, gorilla, marmoset,
        mouse_lemur, rabbit, pig, cow, dog, cat, horse, chicken, frog or fly. By default, the organism of most names. It
        decides how names that several organisms have (``"C3"``) are read. If given, names in lower case (``"cd4"``) are
        also resolved; otherwise only if most of at least ten names are human or mouse symbols in lower case. Symbols of
        organisms other than human, mouse, rat and zebrafish are not detected.

    Returns
    -------
    The symbol of each name and how it was resolved, see :class:`Resolution`.

    Raises
    ------
    TypeError
        If ``names`` is a single string.
    ValueError
        If ``organism`` is unknown.

    Examples
    --------
    >>> from scgsfm.genes import resolve
    >>> found = resolve(["TP53", "SEPT9", "CD20", "ENSG00000153563.15", "7157", "Ptprc", "1-Dec", "CAP"])
    >>> found.symbols.tolist()
    ['TP53', 'SEPTIN9', 'MS4A1', 'CD8A', 'TP53', 'PTPRC', 'DELEC1', '']
    >>> found.how.tolist()
    ['approved', 'previous', 'previous', 'ensembl', 'entrez', 'ortholog', 'alias', 'ambiguous']
    """
    given = as_names(names)
    genes, organism = locate(given, organism)
    symbols, how = np.full(len(given), "", object), np.full(len(given), "unknown", object)
    orthology = np.full(len(given), "", object)
    for i, gene in enumerate(genes):
        if gene and gene.how == "ambiguous":
            how[i] = gene.how
        elif gene and gene.human_symbol:
            symbols[i] = gene.human_symbol
            how[i] = gene.how if gene.organism == "human" else "ortholog"
            orthology[i] = gene.orthology
    return Resolution(given, symbols, how, organism, orthology)


def protein_coding(symbols: Iterable[str]) -> np.ndarray:
    """Whether each approved human symbol is a protein-coding gene (HGNC, NCBI Gene)."""
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
    cleaned[:] = [value.strip(_BLANKS) if isinstance(value, str) else _text(value) for value in values]
    return cleaned


def _text(value: object) -> str:
    """The text of a name that is not a string; ``""`` if it is missing."""
    # NaN and NaT are unequal to themselves, which pandas' NA can't be asked
    missing = value is None or type(value).__name__ == "NAType" or value != value  # noqa: PLR0124
    return "" if missing else str(value)


def locate(names: np.ndarray, organism: Organism | None) -> tuple[list[Gene | None], Organism]:
    """The gene of each name, and the organism of most of them."""
    check_choice("organism", organism, (*ORGANISMS, None))
    unique = tuple(dict.fromkeys(names.tolist()))
    genes, read_as = _located(unique, organism)
    found = dict(zip(unique, genes, strict=True))
    return [found[name] for name in names], read_as


@lru_cache(maxsize=8)  # the genes of data are the target of many queries
def _located(names: tuple[str, ...], organism: Organism | None) -> tuple[list[Gene | None], Organism]:
    reader = _Reader(names, organism)
    return reader.genes, reader.organism


class _Reader:
    """Resolves distinct names jointly, since the organism and copies of other names depend on all names."""

    def __init__(self, names: Sequence[str], organism: Organism | None) -> None:
        self.present = set(names) - {""}
        self.lower_case = organism is not None
        # COX2 alone may be PTGS2; next to its neighbors on the chromosome it is not
        self.mitochondrial = len(self.present & MITOCHONDRIAL.keys()) >= 3
        self.entrez = not _are_positions(names)
        self.tables: tuple[GeneTable, ...] = (table("human"), table("mouse"))
        self.organism: Organism = organism or self._detect(names[:: len(names) // 2000 + 1])  # an even sample suffices
        first = table(self.organism)
        # names of flies, such as "dpp", are aliases of unrelated genes in vertebrates
        others = () if self.organism == "fly" else self.tables
        self.tables = (first, *(genes for genes in others if genes is not first))
        self.genes = [self._read(name) for name in names]

    def _detect(self, names: Sequence[str]) -> Organism:
        """The organism with more approved symbols and ids among the names, then with more names of any kind."""
        approved: Counter[Organism] = Counter()
        other: Counter[Organism] = Counter()
        for name in names:
            plain = _without_genome(name)
            if date_symbols(plain):
                continue
            if gene := self._read_id(plain):
                approved[gene.organism] += 1
                continue
            for genes in self.tables:
                if gene := genes.find(plain):
                    (approved if gene.how == "approved" else other)[gene.organism] += 1
        order: tuple[Organism, ...] = ("human", "mouse", *approved)
        best = max(order, key=lambda organism: (approved[organism], other[organism]))
        # rats share most symbols with mice, and fish genes are in lower case; a few names could be of either
        lower_case = sum(name.islower() for name in names) > len(names) / 2
        rival: Organism = "zebrafish" if lower_case else "rat"
        if len(names) >= _MIN_DETECTED and (lower_case or best == "mouse"):
            n_rival = sum(table(rival).find_approved(name) is not None for name in names)
            if lower_case:  # many names that no fish has are human or mouse symbols written in lower case
                count = {each: sum(table(each).has_symbol(name) for name in names) for each in order[:2]}
                likely = max(order[:2], key=lambda organism: count[organism])
                # worms and yeasts have lower case as well, and some names like aliases of human genes
                if count[likely] > max(n_rival + 0.1 * len(names), len(names) / 2):
                    self.lower_case = True
                    return likely
            if n_rival > max(approved[best] + 0.01 * len(names), len(names) / 3):
                return rival
        return best

    def _read(self, name: str) -> Gene | None:
        if gene := self.tables[0].find_approved(name):
            return gene
        plain = _without_genome(name)
        if (symbols := date_symbols(plain)) and (gene := self._read_date(symbols)):
            return gene
        if self.mitochondrial and plain in MITOCHONDRIAL:
            gene = table("human").find_approved(MITOCHONDRIAL[plain])
            return gene and gene._replace(how="alias")
        for form in (name, plain) if plain != name else (name,):
            if gene := self._read_plain(form) or self._read_copy(form):
                return gene
        # R writes IL.2 for IL-2
        return self.tables[0].find_any_case(plain.replace(".", "-")) if "." in plain else None

    def _read_plain(self, name: str) -> Gene | None:
        """The gene of an id or of a name in the tables.

        Approved and previous symbols of the names' organism come first, then approved symbols of other organisms,
        then ids, then approved symbols by R's dots or in another letter case, then aliases.
        """
        found = [genes.find(name) for genes in self.tables]
        if (first := found[0]) and first.how in ("approved", "previous"):
            return first
        approved = next((gene for gene in found[1:] if gene and gene.how == "approved"), None)
        return approved or self._read_id(name) or self._read_other_spelling(name, found)

    def _read_other_spelling(self, name: str, found: list[Gene | None]) -> Gene | None:
        """The gene of a symbol with R's dots or in another letter case, or of an alias in any letter case.

        ``found`` are the genes with this name in each of the tables.
        """
        copy = self._original(name) in self.present
        if "." in name and not copy and (gene := self._read_approved(name.replace(".", "-"))):
            return gene
        any_case: list[Gene | None] = []
        if self.lower_case or not name.islower():
            any_case = [genes.find_any_case(name) for genes in self.tables]
        if any_case and (gene := any_case[0]) and gene.how == "approved":
            return gene
        if copy or found[0]:
            return None if copy else found[0]
        others = [gene for gene in (*any_case[:1], *found[1:], *any_case[1:]) if gene]
        # of several readings, one that leads to a human gene
        return next((gene for gene in others if gene.human_symbol), others[0] if others else None)

    def _read_date(self, symbols: list[list[str]]) -> Gene | None:
        """The gene of which a spreadsheet made a date: by symbol, else by alias; ambiguous if there are several."""
        genes = self.tables[0] if self.organism == "mouse" else table("human")
        for group in symbols:
            found = {gene.row: gene for symbol in group if (gene := genes.find_any_case(symbol))}
            for hows in (("approved", "previous"), ("alias", "ambiguous")):
                of_kind = [gene for gene in found.values() if gene.how in hows]
                if len(of_kind) == 1 and of_kind[0].how != "ambiguous":
                    return of_kind[0]._replace(how="alias")
                if of_kind:
                    return of_kind[0]._replace(how="ambiguous")
        return None

    def _read_approved(self, name: str) -> Gene | None:
        return next((gene for genes in self.tables if (gene := genes.find_approved(name))), None)

    def _read_id(self, name: str) -> Gene | None:
        if name[-1:].isalpha() and name.isalpha():
            return None
        if (match := _ENSEMBL.search(name)) and (organism := OF_ENSEMBL.get((match[1] or "").upper())):
            if gene := table(organism).find_id("ensembl", int(match[2])):
                return gene
            # the id of "CD8A_ENSG00000999999" may be retired, its symbol valid
            return self._read_approved((name[: match.start()] + name[match.end() :]).strip("_|-. "))
        if (":" in name or "/" in name or name[:4].lower() == "fbgn") and (gene := self._read_curie(name)):
            return gene
        if self.entrez and name[:1].isdigit() and (match := _ENTREZ.fullmatch(name)):
            return self._by_number("entrez", int(match[1]))
        return None

    def _read_curie(self, name: str) -> Gene | None:
        if match := _FLYBASE.fullmatch(name):
            return table("fly").find_id("flybase", int(match[1]))
        if match := _CURIE.fullmatch(name):
            kind = match[1].lower()
            return self._by_number(kind if kind in ("hgnc", "mgi") else "entrez", int(match[2]))
        return None

    def _by_number(self, kind: str, number: int) -> Gene | None:
        return next((gene for genes in self.tables if (gene := genes.find_id(kind, number))), None)

    def _read_copy(self, name: str) -> Gene | None:
        """The gene of ``TBCE-1`` next to ``TBCE``, or of ``CD8A.1``: suffixes that make duplicate names unique."""
        original = self._original(name)
        # without its original, "CAT-1" may mean a gene other than CAT
        if original in self.present or name[len(original) :].startswith("."):
            return self._read_approved(original) or self._read_approved(original.replace(".", "-"))
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
