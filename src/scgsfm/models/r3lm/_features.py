"""The numbers that the branch on the card reads: how well the sequence matches each motif, and its composition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._letters import encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._motifs import Motifs

MOST_COUNTED = 4
N_COMPOSITION = 18


class CardFeatures:
    """Best scores of some motifs, numbers of hits of all, GC content, CpG and pairs of bases on both strands.

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
    """GC content, share of CpG, and roots of the numbers of each pair of neighbouring bases on both strands."""
    letters, ends = encode(sequences)
    out = np.zeros((len(sequences), N_COMPOSITION), np.float32)
    for row, first, last in zip(out, ends[:-1], ends[1:], strict=True):
        own = letters[first:last].astype(np.int64)
        a, b = own[:-1], own[1:]
        known = (a < 4) & (b < 4)
        pairs = np.bincount(4 * a[known] + b[known], minlength=16).reshape(4, 4)
        row[0] = ((own == 1) | (own == 2)).sum() / max(len(own), 1)
        row[1] = pairs[1, 2] / max(len(own) - 1, 1)
        row[2:] = np.sqrt(pairs + pairs[::-1, ::-1].T).ravel()
    return out
