"""The numbers that the branch on the card reads: how well the sequence matches each motif, and its composition."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from scgsfm.dna import N, encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scgsfm.motifs import Motifs

MOST_COUNTED = 4
WORD, N_WORDS = 6, 2080
"""Letters of the words that are counted, and how many words there are if a word and its reverse complement are one."""
_FIRST_WORD = 18
N_COMPOSITION = _FIRST_WORD + N_WORDS


class CardFeatures:
    """Best scores of some motifs, numbers of hits of all, GC content, CpG, pairs and words of bases on both strands.

    Parameters
    ----------
    motifs
        All motifs.
    scored
        Ids of those whose best score counts, also below the threshold of a hit.
    """

    def __init__(self, motifs: Motifs, scored: Sequence[str]) -> None:
        self.motifs, self.scored = motifs, _chosen(motifs, scored)

    def __len__(self) -> int:
        return len(self.scored) + len(self.motifs) + N_COMPOSITION

    def __call__(self, sequences: Sequence[str]) -> np.ndarray:
        """float32, sequences × numbers."""
        hits = self.motifs.scan(sequences)
        counts = np.zeros((len(sequences), len(self.motifs)), np.float32)
        np.add.at(counts, (hits.sequence, hits.motif), 1)
        parts = [self.scored.best(sequences), np.minimum(counts, MOST_COUNTED), composition(sequences)]
        return np.concatenate(parts, axis=1)


def _chosen(motifs: Motifs, ids: Sequence[str]) -> Motifs:
    position = {id_: i for i, id_ in enumerate(motifs.ids)}
    if unknown := [id_ for id_ in ids if id_ not in position]:
        msg = f"The motifs {', '.join(unknown[:5])} of the model are not among {motifs!r}."
        raise ValueError(msg)
    own = [position[id_] for id_ in ids]
    columns = [np.arange(*motifs.starts[i : i + 2]) for i in own]
    of = lambda values: [values[i] for i in own]
    starts = np.cumsum([0, *map(len, columns)], dtype=np.int64)
    counts = motifs.counts[np.concatenate([*columns, np.empty(0, np.int64)])]
    return type(motifs)(list(ids), of(motifs.names), of(motifs.families), of(motifs.classes), counts, starts)


def composition(sequences: Sequence[str]) -> np.ndarray:
    """GC content, share of CpG, and roots of the numbers of pairs of bases and of words, on both strands.

    Pairs and words with an N aren't counted. A word and its reverse complement are one.
    """
    letters, ends = encode(sequences)
    words, ids = np.full(len(letters), -1, np.int64), _word_ids()
    if len(letters) >= WORD:
        windows = np.lib.stride_tricks.sliding_window_view(letters.astype(np.int64), WORD)
        found = ids[np.minimum(windows, 3) @ 4 ** np.arange(WORD - 1, -1, -1)]
        words[: len(found)] = np.where((windows < N).all(axis=1), found, -1)
    out = np.zeros((len(sequences), N_COMPOSITION), np.float32)
    for row, first, last in zip(out, ends[:-1], ends[1:], strict=True):
        own = letters[first:last].astype(np.int64)
        a, b = own[:-1], own[1:]
        known = (a < N) & (b < N)
        pairs = np.bincount(4 * a[known] + b[known], minlength=16).reshape(4, 4)
        row[0] = ((own == 1) | (own == 2)).sum() / max(len(own), 1)
        row[1] = pairs[1, 2] / max(len(own) - 1, 1)
        row[2:_FIRST_WORD] = np.sqrt(pairs + pairs[::-1, ::-1].T).ravel()
        inside = words[first : max(last - WORD + 1, first)]
        row[_FIRST_WORD:] = np.sqrt(np.bincount(inside[inside >= 0], minlength=N_WORDS))
    return out


@cache
def _word_ids() -> np.ndarray:
    """The position of each word among those that come before their reverse complement, or of that."""
    places = np.arange(WORD)
    words = np.arange(4**WORD)[:, None] // 4 ** places[::-1] % 4
    other = (3 - words) @ 4**places
    return np.unique(np.minimum(np.arange(4**WORD), other), return_inverse=True)[1]
