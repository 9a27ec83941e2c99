from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._logging import logger
from scgsfm._messages import check_choice, number, warn
from scgsfm.dna import OK, Genome, alleles, describe_status, join_haplotype, read_variants, warn_if_not_human
from scgsfm.models import as_model
from scgsfm.motifs import Motifs
from scgsfm.regulatory import haplotype_table

if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike

    from scgsfm.models.r3lm import R3LM


@checks_types
@doc_params
def haplotype_effect(
    haplotypes: Mapping[str, Iterable[Any]] | pd.Series | Iterable[Iterable[Any]],
    *,
    genome: str | PathLike[str] | Any,
    motifs: str | PathLike[str] | Motifs | None = None,
    model: str | PathLike[str] | R3LM = "r3lm-mini",
    batch_size: int = 512,
    on_error: Literal["warn", "raise"] = "warn",
) -> pd.DataFrame:
    r"""Predict how several variants on one chromosome together change the activity of an element :cite:p:`Duan2026`.

    All variants of a haplotype are placed in one window of 200 bases of the genome, around the middle of the bases that
    they change. The effect is the predicted activity, :math:`\log_2` of RNA over DNA in a reporter assay, with all of
    them minus that of the reference. It is compared with the sum of the effects of each variant alone in the same window.

    Parameters
    ----------
    haplotypes
        The variants of each haplotype by its name, such as ``{"h1": ["chr1:257:G:T", "chr1:254:C:A"]}``, or a list of
        lists. Variants, also insertions and deletions, are written as in :func:`~scgsfm.tl.variant_effect`, and may not
        overlap.
    genome
        Path of the FASTA file, plain or bgzip, of the build that the variants were called on; an open ``pyfaidx.Fasta``;
        records of Biopython; or a dict of sequences.
    motifs
        Motifs for ``lost`` and ``gained``, instead of those of the model.
    model
        {model}
    batch_size
        Number of sequences that the model reads at a time.
    on_error
        What to do with haplotypes that have no prediction: ``"warn"`` keeps them, with their ``status``, and lists them
        in one warning; ``"raise"`` raises an error.

    Returns
    -------
    One row for each haplotype, with the columns of :func:`~scgsfm.tl.variant_effect` (``pos``, ``ref`` and ``alt`` are
    those of everything from its first to its last variant), and

    ``n_variants``
        Number of its variants; 0 if they can't be joined.
    ``<cell type>_sum`` : float32
        The sum of the effects of its variants alone; the effect minus this is their interaction.
    ``status``
        ``"ok"``, or that of the first variant without a sequence; ``"several contigs"``, ``"overlapping variants"``,
        ``"no variants"``, or ``"longer than the window"`` if the variants are more than 200 bases apart.

    Raises
    ------
    TypeError
        If ``haplotypes`` is neither a dict or series nor a list of lists.
    ValueError
        If no haplotype has a sequence, or most reference alleles differ from the genome.

    Examples
    --------
    >>> import scgsfm
    >>> genome = {"chr1": "ACCGGAAGTGACGTCATT" * 30}
    >>> table = scgsfm.tl.haplotype_effect({"h1": ["chr1:257:G:T", "chr1:259:AGT:A"]}, genome=genome)
    >>> table[["n_variants", "pos", "ref", "alt", "status"]].values.tolist()
    [[2, 257, 'GAAGT', 'TAA', 'ok']]
    """
    check_choice("on_error", on_error, ("warn", "raise"))
    named = _named(haplotypes)
    loaded = as_model(model, "r3lm")
    found_motifs = loaded.motifs if motifs is None else Motifs.of(motifs)
    with Genome.of(genome) as opened:
        warn_if_not_human([], opened)
        read = [read_variants(variants, on_error=on_error) if variants else [] for variants in named.values()]
        both = [join_haplotype(each, opened, loaded.length, name=name) for name, each in zip(named, read, strict=True)]
        pairs = alleles([whole for whole, _ in both], opened, loaded.length)
        alone = [alleles([replace(each, id="") for each in single], opened, loaded.length) for _, single in both]
    status = [pair.status for pair in pairs]
    if reasons := describe_status(named, status):
        msg = f"{len(status) - status.count(OK):,} of {len(status):,} haplotypes have no sequence: {reasons}."
        if on_error == "raise" or OK not in status:
            raise ValueError(msg)
        warn(f"{msg} They have no prediction; `on_error='raise'` makes this an error.")
    logger.info("predicted the effect of %d of %s", status.count(OK), number(len(status), "haplotype"))
    return haplotype_table(loaded, pairs, alone, found_motifs, batch_size=batch_size)


def _named(haplotypes: Any) -> dict[str, list[Any]]:
    """Lists of variants by the name of their haplotype."""
    if isinstance(haplotypes, Mapping | pd.Series):
        items = [(str(name), variants) for name, variants in haplotypes.items()]
    elif isinstance(haplotypes, str) or not hasattr(haplotypes, "__iter__"):
        msg = f"`haplotypes` is a {type(haplotypes).__name__}, but must be a dict of lists of variants, or a list of lists."
        raise TypeError(msg)
    else:
        items = [(f"haplotype_{i}", variants) for i, variants in enumerate(haplotypes)]
    return {name: [variants] if isinstance(variants, str) else list(variants) for name, variants in items}
