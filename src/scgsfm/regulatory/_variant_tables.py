"""The effects of variants and of haplotypes as tables."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd

from scgsfm.dna import OK

from ._card import build_cards, changed_motifs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scgsfm.dna import AllelePair
    from scgsfm.motifs import Motifs


class BatchModel(Protocol):
    """What variants need of a model of activity, such as :class:`scgsfm.models.r3lm.R3LM`."""

    cell_types: list[str]

    def predict(self, sequences: Sequence[str], /, *, batch_size: int = 512) -> np.ndarray: ...


def variant_names(pairs: Sequence[AllelePair]) -> list[str]:
    """The ids of variants, or their descriptions."""
    return [pair.variant.id or str(pair.variant) for pair in pairs]


def variant_table(
    model: BatchModel, pairs: Sequence[AllelePair], motifs: Motifs, *, batch_size: int = 512
) -> pd.DataFrame:
    """Predict the effects of variants; see :func:`scgsfm.tl.variant_effect` for the columns.

    Parameters
    ----------
    model
        The model.
    pairs
        The two sequences of each variant.
    motifs
        Motifs that are lost and gained.
    batch_size
        Number of sequences that the model reads at a time.
    """
    ok = np.flatnonzero([pair.status == OK for pair in pairs]).tolist()
    sequences = [sequence for i in ok for sequence in (pairs[i].reference, pairs[i].alternative)]
    both = _predicted(model, pairs, batch_size)
    cards = build_cards(sequences, "", motifs)
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
    for k, cell_type in enumerate(model.cell_types):
        columns |= {f"{cell_type}_ref": both[:, 0, k], f"{cell_type}_alt": both[:, 1, k]}
        columns[cell_type] = both[:, 1, k] - both[:, 0, k]
    columns |= {"lost": [lost for lost, _ in changed], "gained": [gained for _, gained in changed]}
    return pd.DataFrame(columns | {"status": [pair.status for pair in pairs]}, index=variant_names(pairs))


def haplotype_table(
    model: BatchModel,
    joined: Sequence[AllelePair],
    alone: Sequence[Sequence[AllelePair]],
    motifs: Motifs,
    *,
    batch_size: int = 512,
) -> pd.DataFrame:
    """Predict the effects of haplotypes; see :func:`scgsfm.tl.haplotype_effect` for the columns.

    Parameters
    ----------
    model
        The model.
    joined
        The two sequences of each haplotype.
    alone
        For each haplotype, the two sequences of each of its variants in the same place.
    motifs
        Motifs that are lost and gained.
    batch_size
        Number of sequences that the model reads at a time.
    """
    table = variant_table(model, joined, motifs, batch_size=batch_size)
    table.insert(0, "n_variants", [len(pairs) for pairs in alone])
    both = _predicted(model, [pair for pairs in alone for pair in pairs], batch_size)
    ends = np.cumsum([0, *map(len, alone)])
    effects = both[:, 1] - both[:, 0]
    sums = [effects[a:b].sum(axis=0) if b > a else np.full(both.shape[2], np.nan) for a, b in pairwise(ends)]
    for k, cell_type in enumerate(model.cell_types):
        at = table.columns.get_loc(cell_type)
        table.insert(int(at) + 1, f"{cell_type}_sum", np.array([row[k] for row in sums], np.float32))
    return table


def _predicted(model: BatchModel, pairs: Sequence[AllelePair], batch_size: int) -> np.ndarray:
    """Activities with both alleles (variants × 2 × cell types); NaN for those without sequences."""
    ok = np.flatnonzero([pair.status == OK for pair in pairs]).tolist()
    sequences = [sequence for i in ok for sequence in (pairs[i].reference, pairs[i].alternative)]
    both = np.full((len(pairs), 2, len(model.cell_types)), np.nan, np.float32)
    both[ok] = model.predict(sequences, batch_size=batch_size).reshape(-1, 2, len(model.cell_types))
    return both
