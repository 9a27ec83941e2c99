"""Variants, and the two sequences of each: with the reference and with the alternative allele."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from ._contigs import contig_names
from ._sequences import CONTAINS_N, NOT_DNA, OK, OUT_OF_BOUNDS, UNKNOWN_CONTIG, reverse_complement

if TYPE_CHECKING:
    from ._genome import Genome

UNPARSABLE_VARIANT = "unparsable variant"
NO_POSITION = "no valid position"
SYMBOLIC = "symbolic allele"
BREAKEND = "breakend"
SPANNING_DELETION = "spanning deletion"
MISSING_ALLELE = "missing allele"
AMBIGUOUS = "ambiguous allele"
TOO_LONG = "longer than the window"
WRONG_REFERENCE = "reference differs"
FEW = 10
"""Up to this number of variants, all must differ from the genome before it is taken for that of another build."""


@dataclass(frozen=True)
class Variant:
    """A variant as in VCF: ``pos`` is the 1-based position of the first base of ``ref``.

    Parameters
    ----------
    contig, pos
        Contig, and 1-based position.
    ref, alt
        Alleles. ``"-"`` is a deletion or insertion without the preceding base, as in ANNOVAR: an insertion follows
        ``pos``.
    id
        Name of the variant.
    end, edit
        Last position and change of a description in HGVS whose alleles are those of the genome, such as ``"dup"``.
    status
        Why the variant has no sequences, if that is known without the genome.
    """

    contig: str
    pos: int
    ref: str
    alt: str
    id: str = ""
    end: int = 0
    edit: str = ""
    status: str = ""

    def __str__(self) -> str:
        return f"{self.contig}:{self.pos}:{self.ref}:{self.alt}"

    def checked(self) -> Variant:
        """The variant with its status."""
        if self.status or self.edit:
            return self
        status = NO_POSITION if self.pos < 1 else allele_flaw(self.ref) or allele_flaw(self.alt)
        if not status and self.ref == self.alt == "-":
            status = MISSING_ALLELE
        return replace(self, status=status)


class Span(NamedTuple):
    """Positions in the sequence of an allele."""

    first: int
    """Start of what the sequences of both alleles have in common, the variant included."""
    start: int
    """Start of the bases that differ."""
    end: int
    """End of the bases that differ (exclusive); the start, if an allele lacks them."""
    last: int
    """End of what both sequences have in common."""


class AllelePair(NamedTuple):
    """The sequences of a variant; empty unless ``status`` is ``"ok"``."""

    variant: Variant
    """The variant, with the alleles of the genome where its description leaves them out."""
    status: str
    """``"ok"``, or why there are no sequences."""
    reference: str = ""
    alternative: str = ""
    reference_span: Span = Span(0, 0, 0, 0)
    alternative_span: Span = Span(0, 0, 0, 0)


def allele_flaw(allele: str) -> str:
    """Why an allele has no sequence, or an empty string if it has one."""
    for pattern, status in (
        (r"[ACGT]+|-", ""),
        (r"\*|<\*>", SPANNING_DELETION),
        (r"<.*>", SYMBOLIC),
        (r".*[\[\]].*|\.[ACGTN]+|[ACGTN]+\.", BREAKEND),
        (r"|\.", MISSING_ALLELE),
        (r"[ACGTRYSWKMBDHVN]+", AMBIGUOUS),
    ):
        if re.fullmatch(pattern, allele):
            return status
    return NOT_DNA


def alleles(variants: list[Variant], genome: Genome, width: int) -> list[AllelePair]:
    """The sequences of ``width`` bases around each variant, with the reference and the alternative allele.

    Each allele is centered in its flanking sequence in the genome.

    Returns
    -------
    A pair for each variant, with its status.

    Raises
    ------
    ValueError
        The reference alleles differ from the genome for most variants, so that it is that of another build.
    """
    names = contig_names((variant.contig for variant in variants), genome.lengths)
    pairs, wrong, n_compared = [], [], 0
    for variant in variants:
        name = names.get(variant.contig)
        pair = _pair(variant.checked(), genome, name, width)
        pairs.append(pair)
        if pair.status == WRONG_REFERENCE and name is not None:
            wrong.append((variant, genome.sequence(name, variant.pos - 1, variant.pos - 1 + len(variant.ref))))
        n_compared += pair.status in {OK, WRONG_REFERENCE, CONTAINS_N}
    if len(wrong) == n_compared > 0 or (n_compared > FEW and len(wrong) > n_compared / 2):
        variant, found = wrong[0]
        msg = (
            f"The reference allele of {len(wrong)} of {n_compared} variants differs from the genome: {variant} has "
            f"{variant.ref}, the genome {found}. The FASTA file must be of the build that the variants were called on, and "
            "positions must be 1-based, with alleles on the forward strand."
        )
        raise ValueError(msg)
    return pairs


def _pair(variant: Variant, genome: Genome, name: str | None, width: int) -> AllelePair:
    if variant.edit and name is not None and not variant.status:
        variant = with_alleles(variant, genome, name, width)
    ref, alt = (allele.replace("-", "") for allele in (variant.ref, variant.alt))
    start = variant.pos - bool(ref)  # an insertion follows its position
    flaw = variant.status or _flaw(ref, alt, start, genome, name, width)
    if flaw or name is None:
        return AllelePair(variant, flaw)
    left = genome.sequence(name, max(start - width, 0), start)
    end = start + len(ref)
    right = genome.sequence(name, end, min(end + width, genome.lengths[name]))
    (reference, before), (alternative, before_alt) = (_centered(left, allele, right, width) for allele in (ref, alt))
    if min(len(reference), len(alternative)) < width:
        return AllelePair(variant, OUT_OF_BOUNDS)
    if not set(reference + alternative) <= set("ACGT"):
        return AllelePair(variant, CONTAINS_N)
    return AllelePair(variant, OK, reference, alternative, *_spans(ref, alt, before, before_alt, width))


def _flaw(ref: str, alt: str, start: int, genome: Genome, name: str | None, width: int) -> str:
    """Why the genome has no sequences for these alleles, or an empty string."""
    if name is None:
        return UNKNOWN_CONTIG
    if start + len(ref) > genome.lengths[name]:
        return OUT_OF_BOUNDS
    if genome.sequence(name, start, start + len(ref)) != ref:
        return WRONG_REFERENCE
    return TOO_LONG if max(len(ref), len(alt)) > width else ""


def _spans(ref: str, alt: str, before: int, before_alt: int, width: int) -> tuple[Span, Span]:
    """Where two alleles that begin at ``before`` and ``before_alt`` differ, and what their sequences have in common."""
    left = min(before, before_alt)
    right = width - max(before + len(ref), before_alt + len(alt))
    prefix = len(os.path.commonprefix([ref, alt]))  # noqa: RUF071  of bases, not of paths
    suffix = len(os.path.commonprefix([ref[prefix:][::-1], alt[prefix:][::-1]]))  # noqa: RUF071
    return (
        Span(before - left, before + prefix, before + len(ref) - suffix, before + len(ref) + right),
        Span(before_alt - left, before_alt + prefix, before_alt + len(alt) - suffix, before_alt + len(alt) + right),
    )


def with_alleles(variant: Variant, genome: Genome, name: str, width: int) -> Variant:
    """A variant in HGVS with the alleles that its description leaves to the genome."""
    if not 1 <= variant.pos <= variant.end <= genome.lengths[name]:
        return replace(variant, status=OUT_OF_BOUNDS)
    if variant.end - variant.pos >= width:
        return replace(variant, status=TOO_LONG)
    bases = genome.sequence(name, variant.pos - 1, variant.end)
    if variant.edit == "dup":  # the copy follows the last base
        return replace(variant, pos=variant.end, ref="-", alt=bases, edit="")
    if variant.edit == "inv":
        return replace(variant, ref=bases, alt=reverse_complement(bases), edit="")
    return replace(variant, ref=bases, alt=variant.edit.removeprefix("delins").removeprefix("del") or "-", edit="")


def _centered(left: str, allele: str, right: str, width: int) -> tuple[str, int]:
    """The allele in the middle of ``width`` bases, and its position there."""
    before = min((width - len(allele)) // 2, len(left))
    after = min(width - before - len(allele), len(right))
    before = min(width - after - len(allele), len(left))  # at the end of a contig, take more from the other side
    return left[len(left) - before :] + allele + right[:after], before
