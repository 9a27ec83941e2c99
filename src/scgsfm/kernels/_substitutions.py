"""Features of all single-base variants of a sequence. Only the windows over the changed base are computed again."""

from __future__ import annotations

import numpy as np

from ._motifs import NEVER
from ._njit import njit


@njit(cache=True, nogil=True)
def substituted_motifs(  # noqa: C901
    bases: np.ndarray, deficits: np.ndarray, starts: np.ndarray, limits: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Find the best window and count the hits of each motif in all variants of a sequence.

    Parameters
    ----------
    bases
        The sequence as 0 to 3 for A, C, G, T, without N.
    deficits, starts, limits
        Motifs, each followed by its other strand, and the largest deficit of a hit of each.

    Returns
    -------
    The least deficit (int32) and the number of hits (int32) of each motif (motifs × positions × 3). The variants of a
    position have the bases one, two and three after its own, in circular order.
    """
    length, n = len(bases), (len(starts) - 1) // 2
    best = np.full((n, length, 3), NEVER, np.int32)
    counts = np.zeros((n, length, 3), np.int32)
    for motif in range(n):
        width = starts[2 * motif + 1] - starts[2 * motif]
        n_windows = length - width + 1
        if n_windows < 1:
            continue
        limit = limits[2 * motif]
        window = np.zeros((2, n_windows), np.int32)
        total = 0
        for strand in range(2):
            first = starts[2 * motif + strand]
            for start in range(n_windows):
                deficit = 0
                for column in range(width):
                    deficit += deficits[first + column, bases[start + column]]
                window[strand, start] = deficit
                total += deficit <= limit
        before = np.full(n_windows + 1, NEVER, np.int32)  # least deficit of the windows before and from a start on
        after = np.full(n_windows + 1, NEVER, np.int32)
        for start in range(n_windows):
            before[start + 1] = min(before[start], window[0, start], window[1, start])
            last = n_windows - 1 - start
            after[last] = min(after[last + 1], window[0, last], window[1, last])
        for at in range(length):
            first, last = max(0, at - width + 1), min(at, n_windows - 1)
            outside = min(before[first], after[last + 1])
            best[motif, at], counts[motif, at] = outside, total
            for strand in range(2):
                for start in range(first, last + 1):
                    column = starts[2 * motif + strand] + at - start
                    rest = window[strand, start] - deficits[column, bases[at]]
                    if rest >= outside and rest > limit:  # whatever the base, neither the best window nor a hit
                        continue
                    was_hit = window[strand, start] <= limit
                    for step in range(3):
                        deficit = rest + deficits[column, (bases[at] + 1 + step) % 4]
                        best[motif, at, step] = min(best[motif, at, step], deficit)
                        counts[motif, at, step] += np.int32(deficit <= limit) - np.int32(was_hit)
    return best, counts


@njit(cache=True, nogil=True)
def substituted_composition(  # noqa: C901, PLR0912
    bases: np.ndarray, kmer_ids: np.ndarray, n_kmers: int, k: int
) -> np.ndarray:
    """Compute the composition of all variants of a sequence, see :func:`scgsfm.regulatory.composition`.

    Parameters
    ----------
    bases
        The sequence as 0 to 3 for A, C, G, T, without N.
    kmer_ids, n_kmers, k
        The id of each k-mer, the number of ids, and the length of the k-mers.

    Returns
    -------
    Float32, positions × 3 × (18 + number of ids), in the order of :func:`substituted_motifs`.
    """
    length = len(bases)
    changed = bases.astype(np.int64)
    counts = np.zeros(n_kmers, np.int64)
    for start in range(length - k + 1):
        counts[kmer_ids[_kmer(changed, start, k)]] += 1
    pairs = np.zeros((4, 4), np.int64)
    for i in range(length - 1):
        pairs[changed[i], changed[i + 1]] += 1
    gc = np.sum((changed == 1) | (changed == 2))
    out = np.empty((length, 3, 18 + n_kmers), np.float32)
    roots = np.sqrt(counts.astype(np.float64)).astype(np.float32)
    for at in range(length):
        own = changed[at]
        first, last = max(0, at - k + 1), min(at, length - k)
        for step in range(3):
            base = (own + 1 + step) % 4
            row = out[at, step]
            row[18:] = roots
            for sign in (-1, 1):
                changed[at] = own if sign < 0 else base
                for start in range(first, last + 1):
                    counts[kmer_ids[_kmer(changed, start, k)]] += sign
                for i in range(max(at - 1, 0), min(at, length - 2) + 1):
                    pairs[changed[i], changed[i + 1]] += sign
            for turn in range(2):  # set the k-mers that vanish and appear, and then restore the counts
                for side in range(2):
                    changed[at] = own if side == 0 else base
                    for start in range(first, last + 1):
                        kmer = kmer_ids[_kmer(changed, start, k)]
                        if turn == 0:
                            row[18 + kmer] = np.sqrt(np.float64(counts[kmer]))
                        else:
                            counts[kmer] += 1 if side == 0 else -1
            row[0] = (gc - (own in (1, 2)) + (base in (1, 2))) / max(length, 1)
            row[1] = pairs[1, 2] / max(length - 1, 1)
            for a in range(4):
                for b in range(4):
                    row[2 + 4 * a + b] = np.sqrt(np.float64(pairs[a, b] + pairs[3 - b, 3 - a]))
            for side in range(2):
                changed[at] = own if side == 0 else base
                for i in range(max(at - 1, 0), min(at, length - 2) + 1):
                    pairs[changed[i], changed[i + 1]] += 1 if side == 0 else -1
            changed[at] = own
    return out


@njit(cache=True, nogil=True)
def _kmer(bases: np.ndarray, start: int, k: int) -> int:
    kmer = 0
    for i in range(start, start + k):
        kmer = 4 * kmer + bases[i]
    return kmer
