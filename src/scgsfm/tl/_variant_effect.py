from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from scgsfm._docs import doc_params
from scgsfm._logging import logger
from scgsfm._messages import check_choice, number, warn
from scgsfm.dna import OK, Genome, alleles, describe_status, read_variants, warn_if_not_human
from scgsfm.models import as_model
from scgsfm.motifs import Motifs
from scgsfm.regulatory import build_cards, changed_motifs

if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike

    from scgsfm.dna import AllelePair
    from scgsfm.models.r3lm import R3LM


NO_SEQUENCE = {"symbolic allele", "breakend", "spanning deletion", "missing allele", "longer than the window"}
"""Variants that have no sequence by their nature, in any genome."""


@doc_params
def variant_effect(
    variants: pd.DataFrame | str | PathLike[str] | Iterable[Any],
    *,
    genome: str | PathLike[str] | Any,
    motifs: str | PathLike[str] | Motifs | None = None,
    model: str | PathLike[str] | R3LM = "r3lm-mini",
    batch_size: int = 512,
    on_error: Literal["warn", "raise"] = "warn",
) -> pd.DataFrame:
    r"""Predict how variants change the activity of the element that contains them :cite:p:`Duan2026`.

    Each allele is centered in 200 bases of the genome. The effect is the predicted activity, :math:`\log_2` of RNA over
    DNA in a reporter assay, with the alternative allele minus that with the reference allele. Motifs that only one of
    the two sequences has suggest a reason.

    Parameters
    ----------
    variants
        A table with the columns ``chrom``, ``pos``, ``ref`` and ``alt``; a VCF file, plain or gzipped; or a list of texts,
        tuples, dicts or objects of VCF readers. Texts are ``"chr1:12345:A:G"``, ``"chr1_12345_A_G_b38"``,
        ``"1:12345 A/G"``, or HGVS names of the genome (``"chr1:g.12345A>G"``, ``"NC_000001.11:g.12345_12347del"``).
        Positions are 1-based; insertions and deletions include the preceding base, as in VCF, or have the allele ``-``,
        as in ANNOVAR. Several alternative alleles are several variants.
    genome
        Path of the FASTA file, plain or bgzip, of the build that the variants were called on; an open ``pyfaidx.Fasta``;
        records of Biopython; or a dict of sequences. Genomes are never downloaded. Contigs may have their names of UCSC,
        Ensembl, RefSeq or GenBank.
    motifs
        Motifs for ``lost`` and ``gained``, instead of those of the model: a motif file (MEME, JASPAR, HOMER, TRANSFAC and
        others), ``"jaspar2024"``, ``"jaspar2026"``, or :class:`~scgsfm.motifs.Motifs`.
    model
        {model}
    batch_size
        Number of sequences that the model reads at a time.
    on_error
        What to do with variants that have no prediction: ``"warn"`` keeps them, with their ``status``, and lists them in
        one warning; ``"raise"`` raises an error.

    Returns
    -------
    One row for each variant, in their order, indexed by their names, with the columns

    ``chrom``, ``pos``, ``ref``, ``alt``
        The variant.
    ``<cell type>_ref``, ``<cell type>_alt``, ``<cell type>`` : float32
        For each cell type, the activity with either allele, and the effect.
    ``lost``, ``gained``
        Names of motifs over the bases that differ which only the reference, or only the alternative sequence has, best
        first.
    ``status``
        ``"ok"``, or why there is no prediction (NaN). The genome: ``"unknown contig"``, ``"out of bounds"`` of the
        contig, ``"contains N"``, ``"reference differs"``. The alleles: ``"symbolic allele"`` such as ``<DEL>``,
        ``"breakend"``, ``"spanning deletion"`` (``*``), ``"missing allele"``, ``"ambiguous allele"``, ``"not DNA"``,
        ``"longer than the window"`` of the model. The description: ``"no valid position"``, ``"unparsable variant"``.

    Raises
    ------
    ValueError
        If most reference alleles differ from the genome, or no variant can be parsed or has a sequence. Files whose
        alleles are all symbolic give a table.

    Examples
    --------
    >>> import scgsfm
    >>> genome = {"chr1": "ACCGGAAGTGACGTCATT" * 30}
    >>> table = scgsfm.tl.variant_effect(["chr1:257:G:T"], genome=genome)
    >>> table[["chrom", "pos", "status"]].values.tolist()
    [['chr1', 257, 'ok']]
    """
    check_choice("on_error", on_error, ("warn", "raise"))
    loaded = as_model(model, "r3lm")
    found_motifs = loaded.motifs if motifs is None else Motifs.of(motifs)
    parsed = read_variants(variants, on_error=on_error)
    with Genome.of(genome) as opened:
        warn_if_not_human([], opened)
        pairs = alleles(parsed, opened, loaded.length)
    _report(pairs, on_error)
    ok = np.flatnonzero([pair.status == OK for pair in pairs])
    sequences = [sequence for i in ok for sequence in (pairs[i].reference, pairs[i].alternative)]
    both = np.full((len(pairs), 2, len(loaded.cell_types)), np.nan, np.float32)
    both[ok] = loaded.predict(sequences, batch_size=batch_size).reshape(-1, 2, len(loaded.cell_types))
    cards = build_cards(sequences, "", found_motifs)
    changed = [("", "")] * len(pairs)
    for row, i in enumerate(ok):
        spans = pairs[i].reference_span, pairs[i].alternative_span
        changed[i] = changed_motifs(cards[2 * row], cards[2 * row + 1], *spans)
    columns: dict[str, Any] = {
        "chrom": [pair.variant.contig for pair in pairs],
        "pos": [pair.variant.pos for pair in pairs],
        "ref": [pair.variant.ref for pair in pairs],
        "alt": [pair.variant.alt for pair in pairs],
    }
    for k, cell_type in enumerate(loaded.cell_types):
        columns |= {f"{cell_type}_ref": both[:, 0, k], f"{cell_type}_alt": both[:, 1, k]}
        columns[cell_type] = both[:, 1, k] - both[:, 0, k]
    columns |= {"lost": [lost for lost, _ in changed], "gained": [gained for _, gained in changed]}
    logger.info("predicted the effect of %d of %s", len(ok), number(len(pairs), "variant"))
    return pd.DataFrame(columns | {"status": [pair.status for pair in pairs]}, index=_names(pairs))


def _names(pairs: list[AllelePair]) -> list[str]:
    return [pair.variant.id or str(pair.variant) for pair in pairs]


def _report(pairs: list[AllelePair], on_error: str) -> None:
    """List variants without a sequence in one warning, or raise an error if none is left that should have one."""
    status = [pair.status for pair in pairs]
    reasons = describe_status(_names(pairs), status)
    if not reasons:
        return
    if OK not in status and set(status) - NO_SEQUENCE:
        msg = f"None of {len(pairs)} variants has a sequence: {reasons}. Is this the genome they were called on?"
        raise ValueError(msg)
    n_without = len(status) - status.count(OK)
    msg = f"{n_without:,} of {len(pairs):,} variants have no sequence: {reasons}."
    if on_error == "raise":
        raise ValueError(msg)
    warn(f"{msg} They have no prediction; `on_error='raise'` makes this an error.")
