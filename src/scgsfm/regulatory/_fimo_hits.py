"""Hits as FIMO of the MEME suite reports them, whose scores are on the cards of the published data (Grant et al. 2011)."""

# FIMO's scores are integers in steps that differ between motifs (RANGE steps from the lowest whole bit to the highest
# score), and its background is that of NCBI's non-redundant database even for motif files that state another.

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from scgsfm.dna import encode
from scgsfm.motifs import Hits, P

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scgsfm.motifs import Motifs

NRDB = np.array([0.281774, 0.222020, 0.228876, 0.267330])
NRDB /= NRDB.sum()
RANGE = 1000
PSEUDOCOUNT = 0.1
MARGIN = 20
"""Windows are scored if their p-value by :meth:`Motifs.scan` is below this multiple of the bound."""


class _Table(NamedTuple):
    """Scores of a motif on a strand (positions × bases), their step, the score of 0, and p-values by score."""

    scores: np.ndarray
    step: float
    lowest: float
    p: np.ndarray


def scan_fimo(sequences: Sequence[str], motifs: Motifs, *, p: float = P) -> Hits:
    """Find hits with the scores and p-values of FIMO, as ``pymemesuite`` returns them.

    Parameters
    ----------
    sequences
        In upper or lower case.
    motifs
        The motifs.
    p
        Upper bound of the p-values, inclusive.

    Returns
    -------
    The hits, ordered by sequence, start, motif and strand.
    """
    found = motifs.scan(sequences, p=min(MARGIN * p, 0.01))
    codes, ends = encode(sequences)
    first = ends[:-1][found.sequence]
    score, p_value = np.empty(len(found.motif)), np.empty(len(found.motif))
    tables = _tables(motifs)
    keys = 2 * found.motif.astype(np.int64) + (found.strand < 0)
    order = np.argsort(keys, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(keys[order])) + 1) if len(order) else []:
        key = int(keys[rows[0]])
        table = tables.get(key) or tables.setdefault(key, _table(motifs, key // 2, reverse=key % 2 == 1))
        places = np.arange(len(table.scores))
        total = table.scores[places, codes[(first + found.start)[rows, None] + places]].sum(axis=1)
        score[rows] = total * table.step + table.lowest
        p_value[rows] = table.p[total]
    hits = Hits(found.sequence, found.motif, found.start, found.end, found.strand, score, p_value)
    # pymemesuite, by which the published cards were made, never scores the last window of a sequence
    last = found.end == np.diff(ends)[found.sequence]
    return hits[(p_value <= p) & ~last]


@lru_cache(maxsize=4)
def _tables(motifs: Motifs) -> dict[int, _Table]:  # noqa: ARG001
    """Tables of motifs, filled when they are needed."""
    return {}


def _table(motifs: Motifs, motif: int, *, reverse: bool) -> _Table:
    counts = motifs.counts[motifs.starts[motif] : motifs.starts[motif + 1]].astype(np.float64)
    n = counts[0].sum()
    shares = (counts / counts.sum(axis=1, keepdims=True) * n + PSEUDOCOUNT * NRDB) / (n + PSEUDOCOUNT)
    odds = np.log2(shares / NRDB)
    offset = np.floor(odds.min())
    scale = np.floor(RANGE / (odds.max() - offset))
    scores = np.rint((odds - offset) * scale).astype(np.int64)
    chance = np.ones(1)
    for column in scores:
        longer = np.zeros(len(chance) + int(column.max()))
        for value, share in zip(column.tolist(), NRDB.tolist(), strict=True):
            longer[value : value + len(chance)] += share * chance
        chance = longer
    scores = scores[::-1, ::-1] if reverse else scores  # the background is that of the other strand, too
    return _Table(scores, float(1 / scale), float(len(scores) * offset), chance[::-1].cumsum()[::-1])
