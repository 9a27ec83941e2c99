"""The features that the card branch reads: motif matches and base composition of the sequence."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from scgsfm.dna import N, encode
from scgsfm.errors import ModelFormatError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scgsfm.motifs import Motifs

MAX_COUNT = 4
"""Hits of a motif are counted up to this number."""
K, N_KMERS = 6, 2080
"""Length of the k-mers, and their number, counting a k-mer and its reverse complement as one."""
_FIRST_KMER = 18
N_COMPOSITION = _FIRST_KMER + N_KMERS


class CardFeatures:
    """Best scores of some motifs, numbers of hits of all motifs, and the :func:`composition` of sequences.

    Parameters
    ----------
    motifs
        All motifs.
    scored
        Ids of the motifs whose best score is a feature, even below the threshold of a hit.
    expected
        Number of features of the model that reads them.

    Raises
    ------
    ModelFormatError
        If there are more or fewer features than expected.
    """

    def __init__(self, motifs: Motifs, scored: Sequence[str], *, expected: int | None = None) -> None:
        self.motifs, self.scored = motifs, _subset(motifs, scored)
        position = {id_: i for i, id_ in enumerate(motifs.ids)}
        self._rows = [position[id_] for id_ in scored]
        if expected is not None and len(self) != expected:
            msg = (
                f"The configuration has activity.n_features = {expected:,}, but {len(scored):,} scored motifs, the counts of "
                f"{len(motifs):,} motifs and the composition are {len(self):,} features. Restore its `motifs` and `scored`."
            )
            raise ModelFormatError(msg)

    def __len__(self) -> int:
        return len(self.scored) + len(self.motifs) + N_COMPOSITION

    def __call__(self, sequences: Sequence[str]) -> np.ndarray:
        """Features (float32, sequences × features)."""
        hits = self.motifs.scan(sequences)
        counts = np.zeros((len(sequences), len(self.motifs)), np.float32)
        np.add.at(counts, (hits.sequence, hits.motif), 1)
        parts = [self.scored.best(sequences), np.minimum(counts, MAX_COUNT), composition(sequences)]
        return np.concatenate(parts, axis=1)

    def substituted(self, sequence: str, sites: slice = slice(None)) -> np.ndarray:
        """Features of all single-base variants of a sequence of A, C, G and T (float32, positions × 3 × features).

        The variants of a position have the bases one, two and three after its own in the order A, C, G, T, A, C, G.
        ``sites`` selects positions.
        """
        from scgsfm.kernels import substituted_composition

        best, counts = self.motifs.substituted(sequence)
        composed = substituted_composition(encode([sequence])[0], _kmer_ids(), N_KMERS, K)
        n_scored, n = len(self.scored), len(self.scored) + len(self.motifs)
        out = np.empty((*composed[sites].shape[:2], len(self)), np.float32)
        out[..., :n_scored] = best[sites][..., self._rows]
        np.minimum(counts[sites], MAX_COUNT, out=out[..., n_scored:n], casting="unsafe")
        out[..., n:] = composed[sites]
        return out


def _subset(motifs: Motifs, ids: Sequence[str]) -> Motifs:
    position = {id_: i for i, id_ in enumerate(motifs.ids)}
    if unknown := [id_ for id_ in ids if id_ not in position]:
        msg = f"The motifs {', '.join(unknown[:5])} of the model are not in {motifs!r}."
        raise ValueError(msg)
    rows = [position[id_] for id_ in ids]
    columns = [np.arange(*motifs.starts[i : i + 2]) for i in rows]
    names, families, classes = ([values[i] for i in rows] for values in (motifs.names, motifs.families, motifs.classes))
    starts = np.cumsum([0, *map(len, columns)], dtype=np.int64)
    counts = motifs.counts[np.concatenate([*columns, np.empty(0, np.int64)])]
    return type(motifs)(list(ids), names, families, classes, counts, starts)


def composition(sequences: Sequence[str]) -> np.ndarray:
    """GC content, CpG frequency, and square roots of the counts of dinucleotides and 6-mers on both strands.

    Dinucleotides and 6-mers with an N aren't counted. A 6-mer and its reverse complement count as one.
    """
    codes, ends = encode(sequences)
    kmers, ids = np.full(len(codes), -1, np.int64), _kmer_ids()
    if len(codes) >= K:
        windows = np.lib.stride_tricks.sliding_window_view(codes.astype(np.int64), K)
        kmer_ids = ids[np.minimum(windows, 3) @ 4 ** np.arange(K - 1, -1, -1)]
        kmers[: len(kmer_ids)] = np.where((windows < N).all(axis=1), kmer_ids, -1)
    out = np.zeros((len(sequences), N_COMPOSITION), np.float32)
    for row, first, last in zip(out, ends[:-1], ends[1:], strict=True):
        bases = codes[first:last].astype(np.int64)
        a, b = bases[:-1], bases[1:]
        known = (a < N) & (b < N)
        pairs = np.bincount(4 * a[known] + b[known], minlength=16).reshape(4, 4)
        row[0] = ((bases == 1) | (bases == 2)).sum() / max(len(bases), 1)
        row[1] = pairs[1, 2] / max(len(bases) - 1, 1)
        row[2:_FIRST_KMER] = np.sqrt(pairs + pairs[::-1, ::-1].T).ravel()
        inside = kmers[first : max(last - K + 1, first)]
        row[_FIRST_KMER:] = np.sqrt(np.bincount(inside[inside >= 0], minlength=N_KMERS))
    return out


@cache
def _kmer_ids() -> np.ndarray:
    """The same id for each k-mer and its reverse complement."""
    powers = np.arange(K)
    bases = np.arange(4**K)[:, None] // 4 ** powers[::-1] % 4
    reverse_complement = (3 - bases) @ 4**powers
    return np.unique(np.minimum(np.arange(4**K), reverse_complement), return_inverse=True)[1]
