from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._logging import logger
from scgsfm._messages import check_choice, number, warn
from scgsfm.dna import (
    OK,
    Genome,
    InfoField,
    alleles,
    describe_status,
    read_variants,
    warn_if_not_human,
    write_annotated_vcf,
)
from scgsfm.models import as_model
from scgsfm.motifs import Motifs
from scgsfm.regulatory import variant_names, variant_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from scgsfm.dna import AllelePair
    from scgsfm.models.r3lm import R3LM


NO_SEQUENCE = {"symbolic allele", "breakend", "spanning deletion", "missing allele", "longer than the window"}
"""Variants that have no sequence by their nature, in any genome."""


@checks_types
@doc_params
def variant_effect(
    variants: pd.DataFrame | str | PathLike[str] | Iterable[Any],
    *,
    genome: str | PathLike[str] | Any,
    motifs: str | PathLike[str] | Motifs | None = None,
    model: str | PathLike[str] | R3LM = "r3lm-mini",
    batch_size: int = 512,
    annotated_vcf: str | PathLike[str] | None = None,
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
    annotated_vcf
        VCF file to write: the given one with the INFO fields ``R3LM_<cell type>``, ``R3LM_LOST``, ``R3LM_GAINED`` and
        ``R3LM_STATUS``, each with one value for each alternative allele. A name that ends in ``.gz`` is compressed as by
        bgzip. Alleles without a prediction (``*``, ``<DEL>``, …) have ``.`` and their status, and lines without an
        alternative allele stay as they are.
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
        alleles are all symbolic give a table. If ``annotated_vcf`` is given without a VCF file.

    Examples
    --------
    >>> import scgsfm
    >>> genome = {"chr1": "ACCGGAAGTGACGTCATT" * 30}
    >>> table = scgsfm.tl.variant_effect(["chr1:257:G:T"], genome=genome)
    >>> table[["chrom", "pos", "status"]].values.tolist()
    [['chr1', 257, 'ok']]
    """
    check_choice("on_error", on_error, ("warn", "raise"))
    if annotated_vcf is not None:
        _check_source(variants)
    loaded = as_model(model, "r3lm")
    found_motifs = loaded.motifs if motifs is None else Motifs.of(motifs)
    parsed = read_variants(variants, on_error=on_error)
    with Genome.of(genome) as opened:
        warn_if_not_human([], opened)
        pairs = alleles(parsed, opened, loaded.length)
    _report(pairs, on_error)
    table = variant_table(loaded, pairs, found_motifs, batch_size=batch_size)
    if annotated_vcf is not None:
        _write_vcf(variants, annotated_vcf, table, loaded.cell_types)
    where = "" if annotated_vcf is None else f", written to {annotated_vcf}"
    logger.info("predicted the effect of %d of %s%s", sum(table["status"] == OK), number(len(pairs), "variant"), where)
    return table


def _check_source(variants: Any) -> None:
    """Raise an error unless the variants are those of a VCF file, which can be annotated."""
    if not isinstance(variants, str | PathLike) or not Path(variants).expanduser().is_file():
        what = "a text" if isinstance(variants, str) else f"a {type(variants).__name__}"
        msg = f"`annotated_vcf` needs a VCF file as `variants`, but this is {what}."
        raise ValueError(msg)


def _write_vcf(source: Any, output: Any, table: pd.DataFrame, cell_types: list[str]) -> None:
    """Write the VCF file with the effects as INFO fields."""
    keys = [(f"R3LM_{cell_type}", cell_type) for cell_type in cell_types]
    effect = "Predicted effect of the allele on the log2 activity of the element in"
    fields = [InfoField(key, "Float", f"{effect} {cell_type} (scgsfm)") for key, cell_type in keys]
    fields += [
        InfoField("R3LM_LOST", "String", "Motifs that only the reference sequence has, separated by & (scgsfm)"),
        InfoField("R3LM_GAINED", "String", "Motifs that only the alternative sequence has, separated by & (scgsfm)"),
        InfoField("R3LM_STATUS", "String", "ok, or why there is no prediction (scgsfm)"),
    ]
    columns = [cell_type for _, cell_type in keys] + ["lost", "gained", "status"]
    values = {field.id: table[column].tolist() for field, column in zip(fields, columns, strict=True)}
    write_annotated_vcf(source, output, fields, values)


def _report(pairs: list[AllelePair], on_error: str) -> None:
    """List variants without a sequence in one warning, or raise an error if none is left that should have one."""
    status = [pair.status for pair in pairs]
    reasons = describe_status(variant_names(pairs), status)
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
