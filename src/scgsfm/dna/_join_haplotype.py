"""Several variants on one chromosome as a single change of the sequence."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from ._contigs import contig_names
from ._sequences import OUT_OF_BOUNDS, UNKNOWN_CONTIG
from ._variants import TOO_LONG, WRONG_REFERENCE, Variant, with_alleles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._genome import Genome

SEVERAL_CONTIGS = "several contigs"
OVERLAPPING = "overlapping variants"
NO_VARIANTS = "no variants"


def join_haplotype(
    variants: Sequence[Variant], genome: Genome, width: int, *, name: str = ""
) -> tuple[Variant, list[Variant]]:
    """Join the variants of a haplotype to one that replaces everything from the first to the last.

    Parameters
    ----------
    variants
        Variants in any order. Insertions at the same position are inserted in the order given.
    genome, width
        The genome, and the number of bases of a window, which must hold all variants.
    name
        Name of the haplotype.

    Returns
    -------
    The joined variant, with a status if it has no sequence, and for each variant one that replaces the same bases by
    those of this variant alone.
    """
    if not variants:
        return Variant("", 0, "", "", name, status=NO_VARIANTS), []
    checked = [variant.checked() for variant in variants]
    names = contig_names((variant.contig for variant in checked), genome.lengths)
    contig = names.get(checked[0].contig)
    resolved = [
        with_alleles(each, genome, contig, width) if each.edit and contig and not each.status else each
        for each in checked
    ]
    edits = sorted((_edit(each) for each in resolved), key=lambda edit: edit[:2])
    flaw = next((each.status for each in resolved if each.status), "")
    if not flaw and len({names.get(each.contig, each.contig) for each in resolved}) > 1:
        flaw = SEVERAL_CONTIGS
    flaw = flaw or _flaw(edits, genome, contig, width)
    if flaw or contig is None:
        return replace(resolved[0], id=name, status=flaw), []
    start, end = edits[0][0], max(edit[1] for edit in edits)
    reference = genome.sequence(contig, start, end)

    def changed(some: Sequence[tuple[int, int, str, str]]) -> Variant:
        text, at = "", start
        for first, last, _, alt in some:
            text, at = text + genome.sequence(contig, at, first) + alt, last
        text += genome.sequence(contig, at, end)
        pos = start + 1 if reference else start  # an insertion follows its position
        return Variant(resolved[0].contig, pos, reference or "-", text or "-", name)

    return changed(edits), [changed([edit]) for edit in edits]


def _flaw(edits: Sequence[tuple[int, int, str, str]], genome: Genome, contig: str | None, width: int) -> str:
    """Why edits, ordered by position, can't be joined, or an empty string."""
    start, end = edits[0][0], max(edit[1] for edit in edits)
    if contig is None:
        return UNKNOWN_CONTIG
    if any(later[0] < earlier[1] for earlier, later in pairwise(edits)):
        return OVERLAPPING
    if end > genome.lengths[contig]:
        return OUT_OF_BOUNDS
    if end - start > width:
        return TOO_LONG
    differs = any(genome.sequence(contig, first, last) != ref for first, last, ref, _ in edits if ref)
    return WRONG_REFERENCE if differs else ""


def _edit(variant: Variant) -> tuple[int, int, str, str]:
    """Start (0-based), end, and alleles without what both have in common at their start."""
    ref, alt = (allele.replace("-", "") for allele in (variant.ref, variant.alt))
    start = variant.pos - bool(ref)
    if ref and alt and ref[0] == alt[0] and len(ref) != len(alt):  # VCF's base before an insertion or deletion
        ref, alt, start = ref[1:], alt[1:], start + 1
    return start, start + len(ref), ref, alt
