"""Names in the entries of gene sets: genes joined in one entry, signs, and dates."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_SUSPECT = re.compile(r"[,;/|&\s]|^[+\-−–]|[+\-−–]$")
_SEPARATOR = re.compile(r"\s*(?:[,;][\s,;]*|(?:/+|\|+|&)\s*)|\s+")
_FIRM = re.compile(r"(?!.*[/|&])[^,;]*[,;].*")
"""Entries with commas or semicolons, and without weaker separators."""
_BLANK_BEFORE_SIGN = re.compile(r"\s+(?=[+\-−–]+$)")
_SIGNED = re.compile(r"(?P<before>[+\-−–]?)(?P<gene>.*?)(?P<after>[+\-−–]*)", re.DOTALL)
_GENE_LIKE = re.compile(r"[^\W\d_][\w.:*-]*\w")
_ENSEMBL = re.compile(r"ENS[A-Z]*G\d{11}")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DATE = re.compile(
    rf"\d{{1,2}}[-/. ]{_MONTH}(?:[-/. ]\d{{2,4}})?|{_MONTH}[-/. ]\d{{1,2}}|\d{{1,4}}([-/.])\d{{1,2}}\1\d{{1,4}}(?:[T ][\d:.]*)?",
    re.IGNORECASE,
)


class EntryGene(NamedTuple):
    """One gene of an entry, and its sign: 1, -1, or 0 without a sign."""

    name: str
    sign: int


class EntryNames(NamedTuple):
    """What :func:`read_entry_names` found."""

    genes: dict[str, list[EntryGene]]
    """The genes of each entry that is not a plain name."""
    unclear: list[str]
    """Entries that may join several genes or have a sign, and are kept as they are."""

    @property
    def joined(self) -> list[str]:
        """Entries that join several genes."""
        return [entry for entry, genes in self.genes.items() if len(genes) > 1]

    @property
    def signed(self) -> list[str]:
        """Entries with a sign."""
        return [entry for entry, genes in self.genes.items() if any(gene.sign for gene in genes)]


def read_entry_names(entries: Iterable[str]) -> EntryNames:
    """Split entries that join several genes (``"CD19, CD79A"``) and read signs (``"CD3E-"``).

    An entry that is itself the name of a gene is kept (``"HLA-A"``, ``"TRAV29/DV5"``). Any other entry is split at
    commas and semicolons if all parts look like names, and at slashes, bars, ampersands and blanks if all parts are
    names of genes. A plus or minus at either end is a sign if the name without it is a gene. Parts that mean the same
    gene count once (``"CD8A|925"``).
    """
    suspects = [entry for entry in dict.fromkeys(entries) if _SUSPECT.search(entry) and not is_date(entry)]
    parts = {
        entry: [part for part in _SEPARATOR.split(_BLANK_BEFORE_SIGN.sub("", entry)) if part] for entry in suspects
    }
    names = _KnownNames([*suspects, *(part for split in parts.values() for part in split)])
    found = EntryNames({}, [])
    for entry in suspects:
        if names.is_gene(entry) and not (_FIRM.fullmatch(entry) and names.is_ensembl(entry)):
            continue
        genes = [names.read(part) for part in parts[entry]]
        if len(genes) > 1 and _can_split(entry, genes, names):
            found.genes[entry] = names.distinct(genes)
        elif len(genes) == 1 and genes[0].name != entry:
            found.genes[entry] = genes
        elif any(names.is_symbol(gene.name) for gene in genes) or (len(genes) == 1 and genes[0].name):
            found.unclear.append(entry)
    return found


def is_date(name: str) -> bool:
    """Whether ``name`` is a date, into which spreadsheets turn symbols such as SEPT2 and MARCH1."""
    return _DATE.fullmatch(name) is not None


def _can_split(entry: str, genes: Sequence[EntryGene], names: _KnownNames) -> bool:
    if _FIRM.fullmatch(entry) and all(_GENE_LIKE.fullmatch(gene.name) for gene in genes):
        return True
    numbers = "|" in entry and not genes[0].name.isdecimal()  # symbol|Entrez id
    return all(names.is_symbol(gene.name) or (numbers and gene.name.isdecimal()) for gene in genes)


class _KnownNames:
    """Which of the names are genes."""

    def __init__(self, names: Sequence[str]) -> None:
        bare = [_SIGNED.fullmatch(name)["gene"] for name in names]  # type: ignore[index]
        self._symbols, self._how = _resolved([*names, *bare, *(name.upper() for name in bare)])

    def is_gene(self, name: str) -> bool:
        """Whether ``name`` as it is means a gene. The many mouse aliases such as ``"Cd3-"`` yield to the sign."""
        how = self._how.get(name, "unknown")
        if how == "ensembl":
            return len(_ENSEMBL.findall(name)) == 1
        gene = _SIGNED.fullmatch(name)["gene"]  # type: ignore[index]
        if gene != name and how in ("alias", "ambiguous") and self._how.get(gene) == "approved":
            return False
        return how != "unknown"

    def is_ensembl(self, name: str) -> bool:
        return self._how.get(name) == "ensembl"

    def is_symbol(self, name: str) -> bool:
        """Whether ``name`` is one gene of at least two characters, and not a number."""
        return (
            len(name) > 1 and not name.isdecimal() and bool(self._symbols.get(name) or self._symbols.get(name.upper()))
        )

    def read(self, part: str) -> EntryGene:
        """The name and sign of a part."""
        before, gene, after = _SIGNED.fullmatch(part).groups()  # type: ignore[union-attr]
        signs = {"+" if sign == "+" else "-" for sign in before + after}
        if len(signs) != 1 or self.is_gene(part) or not self.is_symbol(gene):
            return EntryGene(part, 0)
        return EntryGene(gene, 1 if "+" in signs else -1)

    def distinct(self, genes: Sequence[EntryGene]) -> list[EntryGene]:
        """The genes without repeats under another name."""
        kept = {self._symbols.get(gene.name) or gene.name: gene for gene in reversed(genes)}
        return list(kept.values())[::-1]


def _resolved(names: Sequence[str]) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Symbol and kind of each name."""
    from scgsfm.genes import resolve

    if not names:
        return {}, {}
    found = resolve(np.array(names, dtype=object))
    return dict(zip(names, found.symbols.tolist(), strict=True)), dict(zip(names, found.how.tolist(), strict=True))
