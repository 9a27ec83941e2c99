from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scgsfm._logging import logger
from scgsfm.dna import OK, alleles, read_variants
from scgsfm.models import as_model
from scgsfm.models.r3lm import build_cards

from ._elements import as_motifs, genome_of, warn_if_not_human, width_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from scgsfm.models.r3lm import R3LM, Card
    from scgsfm.motifs import Motifs


def variant_effect(
    variants: pd.DataFrame | str | PathLike[str] | Sequence[str],
    *,
    genome: str | PathLike[str] | Any,
    motifs: str | PathLike[str] | Motifs | None = None,
    model: str | PathLike[str] | R3LM = "r3lm-mini",
    batch_size: int = 512,
) -> pd.DataFrame:
    r"""Predict how variants change the activity of the element they lie in :cite:p:`Duan2026`.

    Both alleles are put in the middle of 200 bases of the genome. The effect is the predicted activity,
    :math:`\log_2` of RNA by DNA in a reporter assay, with the alternative allele less that with the reference. Motifs
    that only one of the two sequences has name a reason.

    Parameters
    ----------
    variants
        A table with the columns ``chrom``, ``pos``, ``ref`` and ``alt``; a list of texts like ``"chr1:12345:A:G"``; or a
        VCF file. Positions are 1-based; insertions and deletions have the base before them, as in VCF.
    genome
        Path of the FASTA file, plain or bgzip, of the build that the variants were called on; an open ``pyfaidx.Fasta``;
        or a dict of sequences. Nothing is downloaded. Contigs may be named with or without ``chr``.
    motifs
        Motifs of your own for ``lost`` and ``gained``: a MEME, JASPAR or TRANSFAC file, ``"jaspar2024"`` or
        ``"jaspar2026"``, or :class:`~scgsfm.models.r3lm.Motifs`; by default those of the model.
    model
        Name or folder of a model, or the loaded model itself.
    batch_size
        Sequences that the model reads at a time.

    Returns
    -------
    One row a variant, in their order, indexed by their names, with the columns

    ``chrom``, ``pos``, ``ref``, ``alt``
        The variant.
    ``<cell type>_ref``, ``<cell type>_alt``, ``<cell type>`` : float32
        For each cell type the activity with either allele, and the effect.
    ``lost``, ``gained``
        Names of motifs over the variant that only the reference, or only the alternative has, the best first.
    ``status``
        ``"ok"``, or why there is no prediction (NaN): ``"unknown contig"``, ``"off the end"`` of the contig, ``"holds N"``.

    Raises
    ------
    ValueError
        If a reference allele isn't what the genome has, a variant can't be read, or none has a sequence.

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
    with genome_of(genome) as opened:
        warn_if_not_human([], opened)
        pairs, status = alleles(parsed, opened, width_of(loaded))
    ok = np.flatnonzero(np.array(status, dtype=object) == OK)
    if len(ok) < len(parsed):
        others = pd.Series(status)[lambda s: s != OK].value_counts()
        told = "; ".join(f"{n:,} {what}" for what, n in others.items())
        logger.info("%d of %d variants have a sequence; %s", len(ok), len(parsed), told)
    if parsed and not len(ok):
        msg = f"None of {len(parsed)} variants has a sequence: {told}. Is this the genome they were called on?"
        raise ValueError(msg)
    sequences = [pairs[i][allele] for i in ok for allele in (0, 1)]
    predicted = loaded.predict(sequences, batch_size=batch_size)
    both = np.full((len(parsed), 2, len(loaded.cell_types)), np.nan, np.float32)
    both[ok] = predicted.reshape(-1, 2, len(loaded.cell_types))
    columns: dict[str, Any] = {
        "chrom": [variant.contig for variant in parsed],
        "pos": [variant.pos for variant in parsed],
        "ref": [variant.ref for variant in parsed],
        "alt": [variant.alt for variant in parsed],
    }
    for k, cell_type in enumerate(loaded.cell_types):
        columns |= {f"{cell_type}_ref": both[:, 0, k], f"{cell_type}_alt": both[:, 1, k]}
        columns[cell_type] = both[:, 1, k] - both[:, 0, k]
    cards = build_cards(sequences, "", as_motifs(motifs) or loaded.motifs)
    columns["lost"], columns["gained"] = _changed_motifs(cards, ok, len(parsed))
    return pd.DataFrame(columns | {"status": status}, index=[variant.id or str(variant) for variant in parsed])


def _changed_motifs(cards: list[Card], ok: np.ndarray, n: int) -> tuple[list[str], list[str]]:
    """Names of motifs that only one allele has, of each variant."""
    lost, gained = [""] * n, [""] * n
    for row, i in enumerate(ok):
        ref, alt = ([hit.name for hit in card.hits] for card in cards[2 * row : 2 * row + 2])
        lost[i], gained[i] = _only(ref, alt), _only(alt, ref)
    return lost, gained


def _only(names: list[str], others: list[str]) -> str:
    left = list(others)
    kept = []
    for name in names:
        if name in left:
            left.remove(name)
        elif name not in kept:
            kept.append(name)
    return ", ".join(kept)
