"""The regulatory context card: features of a sequence as text in a fixed order (Duan et al. 2026)."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np

from scgsfm._messages import check_choice
from scgsfm.motifs import Hits, Motifs, P

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scgsfm.dna import Span

HIGH_GC, LOW_GC = 0.55, 0.40
CLUSTER, CLUSTER_WIDTH = 3, 25
"""This number of motif centers within this number of bases is a cluster."""
REPEATS = 3
"""This number of hits of a family is a repeat."""
GC_RICH, GC_POOR = "high_gc_open_chromatin_prior", "low_gc_closed_chromatin_prior"
CLUSTERED = f"motif_cluster_within_{CLUSTER_WIDTH}bp"
REPEATED = "repeated_family:"
CardStyle: TypeAlias = Literal["scgsfm", "r3lm"]
"""How a card is written: as in this package, or as in the publication, on which the published weights were trained."""

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
        return self.text()

    def text(self, first: int = 0) -> str:
        """The line on a card, where ``first`` is the number of the first base."""
        return (
            f"- {self.name} (Family: {self.family}, Score: {self.score:.2f}, Strand: {self.strand}, "
            f"Pos: {self.start + first}-{self.end})"
        )

    @property
    def center(self) -> float:
        """The center of the interval."""
        return (self.start + self.end) / 2


@dataclass(frozen=True)
class Card:
    """The features of a sequence in a cell type; ``str(card)`` and :meth:`parse` are inverses.

    Parameters
    ----------
    cell_type
        Name of the cell type.
    gc
        Fraction of G and C among A, C, G and T, to three decimals.
    tags
        The grammar tags: GC content of at least 0.55 or at most 0.40, at least three motif centers within 25 bases, and
        families with at least three hits.
    hits
        Motifs by score, best first; of overlapping hits of a family, only the best.
    sequence
        In upper case.
    """

    cell_type: str
    gc: float
    tags: tuple[str, ...]
    hits: tuple[Hit, ...]
    sequence: str

    def __str__(self) -> str:
        return self.text()

    def text(self, style: CardStyle = "scgsfm", *, tags: bool | None = None) -> str:
        """Write the card.

        Parameters
        ----------
        style
            ``"scgsfm"`` counts positions from 0, with exclusive ends. ``"r3lm"`` is the text that the published weights
            were trained on (Duan et al. 2026): positions count from 1, with inclusive ends, and of the repeated families
            only the first is a tag.
        tags
            Whether grammar tags are written; by default only in the style ``"scgsfm"``.

        Returns
        -------
        The text, which :meth:`parse` reads with the same style.
        """
        check_choice("style", style, get_args(CardStyle))
        published = style == "r3lm"
        written = self.tags if tags or (tags is None and not published) else ()
        if published:
            repeated = [tag for tag in written if tag.startswith(REPEATED)]
            written = tuple(tag for tag in written if tag not in repeated[1:])
        lines = ["Context:", f"- Cell Type: {self.cell_type}", f"- GC Content: {self.gc:.3f}"]
        if written:
            lines.append(f"- Grammar Tags: {', '.join(written)}")
        lines += ["", "Identified Motifs:", *(hit.text(int(published)) for hit in self.hits), "", "DNA Sequence:"]
        return "\n".join([*lines, f"{self.sequence} (Total Length: {len(self.sequence)})"])

    @classmethod
    def parse(cls, text: str, style: CardStyle = "scgsfm") -> Card:
        """Parse the text of a card; raise a ValueError if it is malformed.

        In the style ``"r3lm"``, whose text may lack the grammar tags, they are computed from GC content and motifs.
        """
        check_choice("style", style, get_args(CardStyle))
        first = int(style == "r3lm")
        found = _CARD.fullmatch(text.strip())
        if found is None:
            msg = (
                "This is not a regulatory context card: it must have the blocks 'Context:' with cell type, GC content and "
                "optional grammar tags, 'Identified Motifs:' and 'DNA Sequence:', in this order."
            )
            raise ValueError(msg)
        if int(found["length"]) != len(found["sequence"]):
            msg = f"The card gives the length {found['length']} for a sequence of {len(found['sequence'])} bases."
            raise ValueError(msg)
        hits = tuple(_parse_hit(line, first) for line in found["hits"].splitlines())
        if first:
            gc = float(found["gc"])
            return cls(found["cell_type"], gc, grammar(gc, hits), hits, found["sequence"])
        tags = re.split(r", (?=motif_cluster|repeated_family:)", found["tags"]) if found["tags"] else ()
        return cls(found["cell_type"], float(found["gc"]), tuple(tags), hits, found["sequence"])

    @property
    def families(self) -> tuple[str, ...]:
        """Families of the hits, in the order of the hits."""
        return tuple(dict.fromkeys(hit.family for hit in self.hits))

    def with_cell_type(self, cell_type: str) -> Card:
        """The same card for another cell type."""
        return Card(cell_type, self.gc, self.tags, self.hits, self.sequence)


def _parse_hit(line: str, first: int) -> Hit:
    found = _HIT.fullmatch(line)
    if found is None:
        msg = f"The card has the motif {line!r}, expected '- NAME (Family: …, Score: 1.23, Strand: +, Pos: 1-9)'."
        raise ValueError(msg)
    score, start, end = float(found["score"]), int(found["start"]) - first, int(found["end"])
    if start < 0:
        msg = f"The card has the motif {line!r}, but positions of the style 'r3lm' count from 1; read it as 'scgsfm'."
        raise ValueError(msg)
    return Hit(found["name"], found["family"], score, found["strand"], start, end)


def reduce_hits(hits: Hits, motifs: Motifs) -> Hits:
    """Keep the hits that are on cards: of overlapping hits of a family the best, sorted by sequence and score.

    Ties are resolved by the smaller start, then by the order of the motifs, then in favor of the given strand.
    """
    from scgsfm.kernels import keep_best

    order = np.lexsort((-hits.strand, hits.motif, hits.start, -hits.score, hits.sequence))
    ordered = hits[order]
    family = np.unique(motifs.families, return_inverse=True)[1].astype(np.int32)
    return ordered[keep_best(ordered.sequence, family[ordered.motif], ordered.start, ordered.end)]


def gc_content(sequence: str) -> float:
    """Fraction of G and C among A, C, G and T, to three decimals."""
    upper = sequence.upper()
    gc = upper.count("G") + upper.count("C")
    total = gc + upper.count("A") + upper.count("T")
    if not total:
        msg = f"The sequence {sequence[:20]!r} contains no A, C, G or T, so it has no card."
        raise ValueError(msg)
    return round(gc / total, 3)


def grammar(gc: float, hits: Sequence[Hit]) -> tuple[str, ...]:
    """The grammar tags of a card with this GC content and these hits."""
    tags = [GC_RICH] if gc >= HIGH_GC else [GC_POOR] if gc <= LOW_GC else []
    centers = sorted(hit.center for hit in hits)
    if any(b - a <= CLUSTER_WIDTH for a, b in zip(centers, centers[CLUSTER - 1 :], strict=False)):
        tags.append(CLUSTERED)
    counts = Counter(hit.family for hit in hits)
    return (*tags, *(REPEATED + family for family, n in counts.items() if n >= REPEATS))


def build_cards(
    sequences: Sequence[str],
    cell_type: str,
    motifs: Motifs,
    *,
    hits: Hits | None = None,
    p: float = P,
    fimo: bool = False,
) -> list[Card]:
    """Build the cards of sequences.

    Parameters
    ----------
    sequences
        In upper or lower case, each with at least one A, C, G or T.
    cell_type
        Name of the cell type.
    motifs
        Motifs to scan for.
    hits
        Hits of these sequences after :func:`reduce_hits`, if already computed.
    p
        Upper bound of the p-values of hits.
    fimo
        Whether hits and scores are those of FIMO (:func:`scan_fimo`), as on the cards of the publication, instead of those
        of :meth:`Motifs.scan`.

    Returns
    -------
    One card for each sequence.
    """
    if hits is None:
        from ._fimo_hits import scan_fimo

        hits = reduce_hits(scan_fimo(sequences, motifs, p=p) if fimo else motifs.scan(sequences, p=p), motifs)
    found = hits
    columns = found.motif, found.score, found.strand, found.start, found.end
    listed = [
        Hit(motifs.names[motif], motifs.families[motif], round(score, 2), "+" if strand > 0 else "-", start, end)
        for motif, score, strand, start, end in zip(*(column.tolist() for column in columns), strict=True)
    ]
    bounds = np.searchsorted(found.sequence, np.arange(len(sequences) + 1))
    cards = []
    for sequence, first, last in zip(sequences, bounds[:-1], bounds[1:], strict=True):
        hits_of, gc = tuple(listed[first:last]), gc_content(sequence)
        cards.append(Card(cell_type, gc, grammar(gc, hits_of), hits_of, sequence.upper()))
    return cards


def build_card(sequence: str, cell_type: str, motifs: Motifs, *, p: float = P) -> Card:
    """The card of one sequence; see :func:`build_cards`."""
    return build_cards([sequence], cell_type, motifs, p=p)[0]


def changed_motifs(reference: Card, alternative: Card, reference_span: Span, alternative_span: Span) -> tuple[str, str]:
    """The names of motifs that a variant disrupts, and that it creates, best first.

    They overlap the bases that differ. Motifs that only one of the two sequences reaches, since an insertion or deletion
    shifts its ends, don't count.

    Parameters
    ----------
    reference, alternative
        Cards of the sequences with either allele.
    reference_span, alternative_span
        Positions of the bases that differ, and of what both sequences have in common.
    """
    (before, at_before), (after, at_after) = (
        (_names_within(card, span.first, span.last), _names_over(card, span))
        for card, span in ((reference, reference_span), (alternative, alternative_span))
    )
    return (
        ", ".join(name for name in _difference(before, after) if name in at_before),
        ", ".join(name for name in _difference(after, before) if name in at_after),
    )


def _names_within(card: Card, first: int, last: int) -> list[str]:
    return [hit.name for hit in card.hits if first <= hit.start and hit.end <= last]


def _names_over(card: Card, span: Span) -> set[str]:
    """Names of motifs over the bases that differ, or over the gap where an allele lacks them."""
    return {hit.name for hit in card.hits if hit.start < span.end and hit.end > span.start}


def _difference(names: list[str], others: list[str]) -> list[str]:
    unmatched, kept = Counter(others), []  # a name counts as often as it occurs
    for name in names:
        if unmatched[name]:
            unmatched[name] -= 1
        elif name not in kept:
            kept.append(name)
    return kept
