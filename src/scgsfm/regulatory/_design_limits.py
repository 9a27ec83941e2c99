"""What designed sequences must keep: GC content, restriction sites and runs of one base."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from scgsfm._messages import did_you_mean
from scgsfm.dna import reverse_complement

if TYPE_CHECKING:
    from collections.abc import Iterable

ENZYMES = {
    "AgeI": "ACCGGT",
    "AscI": "GGCGCGCC",
    "AsiSI": "GCGATCGC",
    "AvrII": "CCTAGG",
    "BamHI": "GGATCC",
    "BbsI": "GAAGAC",
    "BglII": "AGATCT",
    "BsaI": "GGTCTC",
    "BsmBI": "CGTCTC",
    "ClaI": "ATCGAT",
    "EcoRI": "GAATTC",
    "EcoRV": "GATATC",
    "HindIII": "AAGCTT",
    "KpnI": "GGTACC",
    "MluI": "ACGCGT",
    "NcoI": "CCATGG",
    "NdeI": "CATATG",
    "NheI": "GCTAGC",
    "NotI": "GCGGCCGC",
    "PacI": "TTAATTAA",
    "PmeI": "GTTTAAAC",
    "PstI": "CTGCAG",
    "SacI": "GAGCTC",
    "SalI": "GTCGAC",
    "SapI": "GCTCTTC",
    "SbfI": "CCTGCAGG",
    "SfiI": "GGCCNNNNNGGCC",
    "SmaI": "CCCGGG",
    "SpeI": "ACTAGT",
    "SphI": "GCATGC",
    "SwaI": "ATTTAAAT",
    "XbaI": "TCTAGA",
    "XhoI": "CTCGAG",
    "XmaI": "CCCGGG",
}
"""Recognition sites of enzymes that are common in cloning; Biopython knows the others."""
_BASES = {
    "A": "A", "C": "C", "G": "G", "T": "T", "R": "[AG]", "Y": "[CT]", "S": "[CG]", "W": "[AT]", "K": "[GT]",
    "M": "[AC]", "B": "[CGT]", "D": "[AGT]", "H": "[ACT]", "V": "[ACG]", "N": "[ACGT]",
}  # fmt: skip


def site_of(name: str) -> str:
    """The recognition site of an enzyme, or a site itself in letters of IUPAC, such as ``"GGTCTC"``.

    Raises
    ------
    ValueError
        If it is neither. Enzymes outside the table need Biopython.
    """
    if name in ENZYMES:
        return ENZYMES[name]
    if name and set(name.upper()) <= set(_BASES):
        return name.upper()
    try:
        from Bio import Restriction
    except ImportError:
        hint = did_you_mean(name, ENZYMES) or " Other enzymes need Biopython: pip install 'scgsfm[dna]'."
    else:
        known = Restriction.AllEnzymes.elements()  # type: ignore[attr-defined]
        enzyme = getattr(Restriction, name, None) if name in known else None
        if enzyme is not None:
            return str(enzyme.site)
        hint = did_you_mean(name, known)
    msg = f"`forbidden`: {name!r} is neither an enzyme nor a site in the letters of IUPAC.{hint}"
    raise ValueError(msg)


@dataclass(frozen=True)
class Flaws:
    """How far a sequence is outside of the limits."""

    gc: float
    """Distance of the GC content from its range."""
    sites: int
    """Number of forbidden sites, on both strands."""
    run: int
    """Number of bases by which the longest run of one base exceeds the limit."""

    def at_most(self, other: Flaws) -> bool:
        """Whether no flaw is larger than in another sequence."""
        return self.gc <= other.gc + 1e-9 and self.sites <= other.sites and self.run <= other.run


class DesignLimits:
    """Limits of designed sequences.

    Parameters
    ----------
    gc
        Lowest and highest GC content, as fractions.
    forbidden
        Names of restriction enzymes, or sites, which are searched on both strands.
    max_run
        Largest number of equal bases in a row.
    """

    def __init__(self, *, gc: tuple[float, float], forbidden: Iterable[str], max_run: int) -> None:
        names = [forbidden] if isinstance(forbidden, str) else list(forbidden)
        self.gc, self.max_run = gc, max_run
        self.sites = {name: site_of(name) for name in names}
        patterns = dict.fromkeys(each for site in self.sites.values() for each in (site, reverse_complement(site)))
        # within a look-ahead, since sites may overlap
        self._patterns = [re.compile(f"(?={''.join(_BASES[base] for base in pattern)})") for pattern in patterns]

    def flaws(self, sequence: str) -> Flaws:
        """How far a sequence in upper case is outside of the limits."""
        gc = (sequence.count("G") + sequence.count("C")) / max(len(sequence), 1)
        run = max((len(list(bases)) for _, bases in groupby(sequence)), default=0)
        return Flaws(
            max(self.gc[0] - gc, gc - self.gc[1], 0.0),
            sum(len(pattern.findall(sequence)) for pattern in self._patterns),
            max(run - self.max_run, 0),
        )
