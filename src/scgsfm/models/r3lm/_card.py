"""The regulatory context card: what is known of a sequence, as text in a fixed order (Duan et al. 2026)."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from scgsfm.motifs import Hits, Motifs, P

if TYPE_CHECKING:
    from collections.abc import Sequence

HIGH_GC, LOW_GC = 0.55, 0.40
CLUSTER, CLUSTER_WIDTH = 3, 25
"""So many motif centres within so many bases are a cluster."""
REPEATS = 3
"""So many hits of a family are a repeat."""
GC_RICH, GC_POOR = "high_gc_open_chromatin_prior", "low_gc_closed_chromatin_prior"
CLUSTERED = f"motif_cluster_within_{CLUSTER_WIDTH}bp"
REPEATED = "repeated_family:"

_HIT = re.compile(
    r"- (?P<name>.+?) \(Family: (?P<family>.*), Score: (?P<score>-?\d+\.\d\d), Strand: (?P<strand>[+-]), "
    r"Pos: (?P<start>\d+)-(?P<end>\d+)\)"
)
_CARD = re.compile(
    r"Context:\n- Cell Type: (?P<cell_type>.+)\n- GC Content: (?P<gc>[01]\.\d{3})\n(?:- Grammar Tags: (?P<tags>.+)\n)?"
    r"\nIdentified Motifs:\n(?P<hits>(?:- .+\n)*)\nDNA Sequence:\n(?P<sequence>[A-Z]+) \(Total Length: (?P<length>\d+)\)"
)


@dataclass(frozen=True)
class Hit:
    """A motif on a card: ``sequence[start:end]``, 0-based and half-open, or its reverse complement for strand ``-``."""

    name: str
    family: str
    score: float
    strand: str
    start: int
    end: int

    def __str__(self) -> str:
        return (
            f"- {self.name} (Family: {self.family}, Score: {self.score:.2f}, Strand: {self.strand}, "
            f"Pos: {self.start}-{self.end})"
        )

    @property
    def centre(self) -> float:
        """Of the interval."""
        return (self.start + self.end) / 2


@dataclass(frozen=True)
class Card:
    """What is known of a sequence in a cell type; ``str(card)`` and :meth:`parse` are inverses.

    Parameters
    ----------
    cell_type
        Name of the cell type.
    gc
        Share of G and C among the letters that are A, C, G or T, to three decimals.
    tags
        The grammar that applies: GC content of at least .55 or at most .40, at least three motif centres within 25
        bases, a family with at least three hits.
    hits
        Motifs by score, the best first; of those of a family that overlap only the best.
    sequence
        In upper case.
    """

    cell_type: str
    gc: float
    tags: tuple[str, ...]
    hits: tuple[Hit, ...]
    sequence: str

    def __str__(self) -> str:
        lines = ["Context:", f"- Cell Type: {self.cell_type}", f"- GC Content: {self.gc:.3f}"]
        if self.tags:
            lines.append(f"- Grammar Tags: {', '.join(self.tags)}")
        lines += ["", "Identified Motifs:", *map(str, self.hits), "", "DNA Sequence:"]
        return "\n".join([*lines, f"{self.sequence} (Total Length: {len(self.sequence)})"])

    @classmethod
    def parse(cls, text: str) -> Card:
        """The card of a text that ``str`` wrote; a ValueError says what is wrong with any other."""
        found = _CARD.fullmatch(text.strip())
        if found is None:
            msg = (
                "This is no regulatory context card: it must have the blocks 'Context:' with cell type, GC content and "
                "perhaps grammar tags, 'Identified Motifs:' and 'DNA Sequence:', in this order."
            )
            raise ValueError(msg)
        if int(found["length"]) != len(found["sequence"]):
            msg = f"The card gives the length {found['length']} for a sequence of {len(found['sequence'])} letters."
            raise ValueError(msg)
        hits = tuple(map(_parse_hit, found["hits"].splitlines()))
        tags = re.split(r", (?=motif_cluster|repeated_family:)", found["tags"]) if found["tags"] else ()
        return cls(found["cell_type"], float(found["gc"]), tuple(tags), hits, found["sequence"])

    @property
    def families(self) -> tuple[str, ...]:
        """Families of the hits, in their order."""
        return tuple(dict.fromkeys(hit.family for hit in self.hits))

    def with_cell_type(self, cell_type: str) -> Card:
        """The same for another cell type, by which nothing else changes."""
        return Card(cell_type, self.gc, self.tags, self.hits, self.sequence)


def _parse_hit(line: str) -> Hit:
    found = _HIT.fullmatch(line)
    if found is None:
        msg = f"The card has the motif {line!r}, expected '- NAME (Family: …, Score: 1.23, Strand: +, Pos: 1-9)'."
        raise ValueError(msg)
    score, start, end = float(found["score"]), int(found["start"]), int(found["end"])
    return Hit(found["name"], found["family"], score, found["strand"], start, end)


def reduce_hits(hits: Hits, motifs: Motifs) -> Hits:
    """The hits of cards: by sequence and score, the best first; of those of a family that overlap only the best.

    Of equal scores the hit with the smaller start comes first, then the motif that is first in the collection, then the
    given strand.
    """
    from scgsfm.kernels import keep_best

    order = np.lexsort((-hits.strand, hits.motif, hits.start, -hits.score, hits.sequence))
    ordered = hits[order]
    family = np.unique(motifs.families, return_inverse=True)[1].astype(np.int32)
    return ordered[keep_best(ordered.sequence, family[ordered.motif], ordered.start, ordered.end)]


def gc_content(sequence: str) -> float:
    """Share of G and C among the letters that are A, C, G or T, to three decimals."""
    upper = sequence.upper()
    gc = upper.count("G") + upper.count("C")
    total = gc + upper.count("A") + upper.count("T")
    if not total:
        msg = f"The sequence {sequence[:20]!r} holds no A, C, G or T, so there is nothing to write on its card."
        raise ValueError(msg)
    return round(gc / total, 3)


def grammar(gc: float, hits: Sequence[Hit]) -> tuple[str, ...]:
    """The tags of a card with this GC content and these hits."""
    tags = [GC_RICH] if gc >= HIGH_GC else [GC_POOR] if gc <= LOW_GC else []
    centres = sorted(hit.centre for hit in hits)
    if any(b - a <= CLUSTER_WIDTH for a, b in zip(centres, centres[CLUSTER - 1 :], strict=False)):
        tags.append(CLUSTERED)
    counts = Counter(hit.family for hit in hits)
    return (*tags, *(REPEATED + family for family, n in counts.items() if n >= REPEATS))


def build_cards(
    sequences: Sequence[str], cell_type: str, motifs: Motifs, *, hits: Hits | None = None, p: float = P
) -> list[Card]:
    """The cards of sequences.

    Parameters
    ----------
    sequences
        In upper or lower case, each with at least one A, C, G or T.
    cell_type
        Name of the cell type.
    motifs
        What to look for.
    hits
        Reduced hits of these sequences, if they are known already.
    p
        p-value below which a window is a hit.

    Returns
    -------
    A card a sequence.
    """
    found = reduce_hits(motifs.scan(sequences, p=p), motifs) if hits is None else hits
    columns = found.motif, found.score, found.strand, found.start, found.end
    listed = [
        Hit(motifs.names[motif], motifs.families[motif], round(score, 2), "+" if strand > 0 else "-", start, end)
        for motif, score, strand, start, end in zip(*(column.tolist() for column in columns), strict=True)
    ]
    bounds = np.searchsorted(found.sequence, np.arange(len(sequences) + 1))
    cards = []
    for sequence, first, last in zip(sequences, bounds[:-1], bounds[1:], strict=True):
        own, gc = tuple(listed[first:last]), gc_content(sequence)
        cards.append(Card(cell_type, gc, grammar(gc, own), own, sequence.upper()))
    return cards


def build_card(sequence: str, cell_type: str, motifs: Motifs, *, p: float = P) -> Card:
    """The card of one sequence; see :func:`build_cards`."""
    return build_cards([sequence], cell_type, motifs, p=p)[0]
