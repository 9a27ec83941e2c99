from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scgsfm._logging import logger
from scgsfm.dna import OK, Genome, alleles, read_variants, warn_if_not_human
from scgsfm.models import as_model
from scgsfm.motifs import Motifs
from scgsfm.regulatory import build_cards, changed_motifs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from scgsfm.models.r3lm import R3LM


def variant_effect(
    variants: pd.DataFrame | str | PathLike[str] | Sequence[str],
    *,
    genome: str | PathLike[str] | Any,
    motifs: str | PathLike[str] | Motifs | None = None,
    model: str | PathLike[str] | R3LM = "r3lm-mini",
    batch_size: int = 512,
) -> pd.DataFrame:
    r"""Predict how variants change the activity of the element that contains them :cite:p:`Duan2026`.

    Each allele is centered in 200 bases of the genome. The effect is the predicted activity, :math:`\log_2` of RNA over
    DNA in a reporter assay, with the alternative allele minus that with the reference allele. Motifs that only one of
    the two sequences has suggest a reason.

    Parameters
    ----------
    variants
        A table with the columns ``chrom``, ``pos``, ``ref`` and ``alt``; a list of strings such as ``"chr1:12345:A:G"``;
        or a VCF file. Positions are 1-based; insertions and deletions include the preceding base, as in VCF.
    genome
        Path of the FASTA file, plain or bgzip, of the build that the variants were called on; an open ``pyfaidx.Fasta``;
        or a dict of sequences. Genomes are never downloaded. Contigs may be named with or without ``chr``.
    motifs
        Motifs for ``lost`` and ``gained``, instead of those of the model: a MEME, JASPAR or TRANSFAC file,
        ``"jaspar2024"``, ``"jaspar2026"``, or :class:`~scgsfm.motifs.Motifs`.
    model
        Name or directory of a model, or a loaded model.
    batch_size
        Number of sequences that the model reads at a time.

    Returns
    -------
    One row for each variant, in their order, indexed by their names, with the columns

    ``chrom``, ``pos``, ``ref``, ``alt``
        The variant.
    ``<cell type>_ref``, ``<cell type>_alt``, ``<cell type>`` : float32
        For each cell type, the activity with either allele, and the effect.
    ``lost``, ``gained``
        Names of motifs at the variant that only the reference, or only the alternative sequence has, best first.
    ``status``
        ``"ok"``, or why there is no prediction (NaN): ``"unknown contig"``, ``"out of bounds"`` of the contig, or
        ``"contains N"``.

    Raises
    ------
    ValueError
        If a reference allele differs from the genome, a variant can't be parsed, or no variant has a sequence.

    Examples
    --------
    >>> import scgsfm
    >>> genome = {"chr1": "ACCGGAAGTGACGTCATT" * 30}
    >>> table = scgsfm.tl.variant_effect(["chr1:257:G:T"], genome=genome)
    >>> table[["chrom", "pos", "status"]].values.tolist()
    [['chr1', 257, 'ok']]
    """
    loaded = as_model(model, "r3lm")
    parsed = read_variants(variants)
    with Genome.of(genome) as opened:
        warn_if_not_human([], opened)
        pairs, status = alleles(parsed, opened, loaded.length)
    ok = np.flatnonzero(np.array(status, dtype=object) == OK)
    if len(ok) < len(parsed):
        counts = pd.Series(status)[lambda s: s != OK].value_counts()
        reasons = "; ".join(f"{n:,} {reason}" for reason, n in counts.items())
        logger.info("%d of %d variants have a sequence; %s", len(ok), len(parsed), reasons)
    if parsed and not len(ok):
        msg = f"None of {len(parsed)} variants has a sequence: {reasons}. Is this the genome they were called on?"
        raise ValueError(msg)
    sequences = [sequence for i in ok for sequence in pairs[i]]
    both = np.full((len(parsed), 2, len(loaded.cell_types)), np.nan, np.float32)
    both[ok] = loaded.predict(sequences, batch_size=batch_size).reshape(-1, 2, len(loaded.cell_types))
    cards = build_cards(sequences, "", loaded.motifs if motifs is None else Motifs.of(motifs))
    changed = [("", "")] * len(parsed)
    for row, i in enumerate(ok):
        changed[i] = changed_motifs(cards[2 * row], cards[2 * row + 1])
    columns: dict[str, Any] = {
        "chrom": [variant.contig for variant in parsed],
        "pos": [variant.pos for variant in parsed],
        "ref": [variant.ref for variant in parsed],
        "alt": [variant.alt for variant in parsed],
    }
    for k, cell_type in enumerate(loaded.cell_types):
        columns |= {f"{cell_type}_ref": both[:, 0, k], f"{cell_type}_alt": both[:, 1, k]}
        columns[cell_type] = both[:, 1, k] - both[:, 0, k]
    columns |= {"lost": [lost for lost, _ in changed], "gained": [gained for _, gained in changed], "status": status}
    return pd.DataFrame(columns, index=[variant.id or str(variant) for variant in parsed])
