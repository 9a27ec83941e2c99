"""Motif scanning: exact p-values, hits and best scores of position weight matrices in DNA sequences, in integers.

A motif is a table of deficits (columns × 5): by how many hundredths of a bit each of A, C, G and T falls short of the
best base of its column. The fifth base, N, falls short by more than any window may. The score of a window is the highest
score of the motif minus the sum of its deficits. Sums of integers are exact, and a window is dropped as soon as its
deficit exceeds the limit.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ._njit import njit
from ._numba_utils import copy_into

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEVER = 1 << 24
"""The deficit of N."""
SEED = 8
"""Length of the k-mers by which candidates are looked up."""
CHUNK = 3
"""Length of the k-mers whose deficits are summed in advance for best scores."""
_FIRST_RANGE = 1024


class MotifSeeds(NamedTuple):
    """For each k-mer of ``SEED`` bases, the motifs that a window with this k-mer can still match."""

    indptr: NDArray[np.int64]
    """Where the candidates of each k-mer begin and end."""
    motifs: NDArray[np.int32]
    """The motif of each candidate."""
    deficits: NDArray[np.int32]
    """The deficit of the k-mer for each candidate."""


class MotifTables(NamedTuple):
    """Deficits of each k-mer of ``CHUNK`` bases (N included), for all motifs that are long enough."""

    tables: NDArray[np.int32]
    """The tables of the first, second, … k-mers of the motifs, concatenated; each is k-mers × motifs."""
    begins: NDArray[np.int64]
    """Where each table begins."""
    firsts: NDArray[np.int64]
    """The first motif in each table."""
    order: NDArray[np.int64]
    """The motifs by width, the shortest first."""
    widths: NDArray[np.int64]
    """Their widths."""


def motif_tails(
    deficits: NDArray[np.int32], starts: NDArray[np.integer], background: NDArray[np.float64], p: float
) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.int64]]:
    """Compute exact p-values of the highest scores of each motif, as far as they are below ``p``.

    Parameters
    ----------
    deficits, starts
        Columns of all motifs, concatenated, and where each motif begins and ends.
    background
        Probabilities of A, C, G and T.
    p
        Upper limit of the p-values.

    Returns
    -------
    The largest deficit of each motif with a p-value below ``p`` (-1 if there is none), the p-values of the deficits 0,
    1, … of all motifs, concatenated, and where those of each motif begin and end.
    """
    parts = [_tail(deficits[a:b], background, p) for a, b in pairwise(starts)]
    ends = np.cumsum([0, *map(len, parts)], dtype=np.int64)
    return np.diff(ends).astype(np.int32) - np.int32(1), np.concatenate([*parts, np.empty(0)]), ends


@njit(cache=True, nogil=True)
def _tail(deficits: np.ndarray, background: np.ndarray, p: float) -> np.ndarray:
    """Compute the distribution of the deficit by convolution over the columns, and from it the p-values below ``p``.

    Most of the range of deficits lies far beyond the threshold. The range therefore starts small, and doubles until its
    probability reaches ``p``.
    """
    highest = 0
    for column in range(len(deficits)):
        highest += deficits[column, :4].max()
    limit = min(_FIRST_RANGE, highest)
    while True:
        mass = np.zeros(limit + 1)
        mass[0] = 1.0
        reached = 0
        for column in range(len(deficits)):
            after = np.zeros(limit + 1)
            for base in range(4):
                step = deficits[column, base]
                for deficit in range(min(reached, limit - step) + 1):
                    after[deficit + step] += mass[deficit] * background[base]
            reached = min(limit, reached + deficits[column, :4].max())
            mass = after
        total = np.cumsum(mass)
        if total[-1] >= p or limit == highest:
            return total[: np.searchsorted(total, p)].copy()
        limit = min(2 * limit, highest)


@njit(cache=True, nogil=True)
def motif_seeds(deficits: np.ndarray, starts: np.ndarray, limits: np.ndarray, offsets: np.ndarray) -> MotifSeeds:
    """Find for each k-mer of ``SEED`` bases the motifs that a window with this k-mer can still match.

    Parameters
    ----------
    deficits, starts, limits
        Motifs, and the largest deficit of a hit of each.
    offsets
        Position of the k-mer in each motif. It may extend beyond the end of a short motif.

    Returns
    -------
    The candidates of each k-mer.
    """
    # Two passes over the same k-mers: the first counts the candidates, the second writes them, so that all candidates of
    # a k-mer are contiguous.
    indptr = np.zeros(4**SEED + 1, np.int64)
    motifs, kmer_deficits = np.empty(0, np.int32), np.empty(0, np.int32)
    kmers, sums = np.empty(4**SEED, np.int64), np.empty(4**SEED, np.int32)
    for filling in range(2):
        for motif in range(len(limits)):
            first = starts[motif] + offsets[motif]
            last = min(first + SEED, starts[motif + 1])
            n = _matching_kmers(deficits[first:last], limits[motif], kmers, sums)
            n_free = 4 ** (SEED - (last - first))
            for i in range(n):
                for kmer in range(kmers[i] * n_free, (kmers[i] + 1) * n_free):
                    if filling:
                        motifs[indptr[kmer]], kmer_deficits[indptr[kmer]] = motif, sums[i]
                        indptr[kmer] += 1
                    else:
                        indptr[kmer + 1] += 1
        if not filling:
            indptr = np.cumsum(indptr)
            motifs, kmer_deficits = np.empty(indptr[-1], np.int32), np.empty(indptr[-1], np.int32)
    indptr[1:] = indptr[:-1].copy()  # filling has moved each start to its end
    indptr[0] = 0
    return MotifSeeds(indptr, motifs, kmer_deficits)


@njit(cache=True, nogil=True)
def _matching_kmers(deficits: np.ndarray, limit: int, kmers: np.ndarray, sums: np.ndarray) -> int:
    """Write the k-mers whose deficit is at most ``limit``, and their deficits; return their number.

    K-mers grow by one base at a time, and those beyond the limit are dropped at once: few of all are ever made.
    """
    n = 1 if limit >= 0 else 0
    kmers[0], sums[0] = 0, 0
    for column in range(len(deficits)):
        grown = 0
        # The best base has no deficit, so each k-mer is extended by at least one base. Written from the back, the longer
        # k-mers never overwrite a shorter one that is still needed.
        for i in range(n):
            for base in range(4):
                grown += sums[i] + deficits[column, base] <= limit
        position = grown
        for i in range(n - 1, -1, -1):
            kmer, deficit = kmers[i], sums[i]
            for base in range(3, -1, -1):
                if deficit + deficits[column, base] <= limit:
                    position -= 1
                    kmers[position], sums[position] = 4 * kmer + base, deficit + deficits[column, base]
        n = grown
    return n


@njit(cache=True, nogil=True)
def scan_motifs(  # noqa: C901
    bases: np.ndarray,
    ends: np.ndarray,
    deficits: np.ndarray,
    starts: np.ndarray,
    limits: np.ndarray,
    offsets: np.ndarray,
    other_columns: np.ndarray,
    seeds: MotifSeeds,
) -> np.ndarray:
    """Find all windows whose deficit is at most the limit of the motif.

    Parameters
    ----------
    bases, ends
        Concatenated sequences as 0 to 3 for A, C, G, T and 4 for N, and where each begins and ends.
    deficits, starts, limits
        Motifs, and the largest deficit of a hit of each.
    offsets
        Position of the k-mer of ``SEED`` bases in each motif.
    other_columns
        The columns of each motif outside of that k-mer, in the order in which to test them, from ``starts[motif]`` on.
    seeds
        The result of :func:`motif_seeds`.

    Returns
    -------
    Sequence, motif, start and deficit of each hit (hits × 4).
    """
    # A look-up by the k-mer of a window gives the few motifs that it can match, of which only the other columns are left
    # to test. Testing all motifs at all windows would cost a hundred times more.
    indptr, motifs, kmer_deficits = seeds
    hits = np.empty((1024, 4), np.int32)
    n = 0
    short = np.array([m for m in range(len(limits)) if starts[m + 1] - starts[m] < SEED and limits[m] >= 0], np.int64)
    for sequence in range(len(ends) - 1):
        begin, length = ends[sequence], ends[sequence + 1] - ends[sequence]
        kmer, n_valid = 0, 0  # n_valid: bases since the last N
        for last in range(length + SEED - 1):  # last base of the k-mer; beyond the end only short motifs fit
            # without the compiler (NUMBA_DISABLE_JIT), a uint8 would overflow in the sums below
            base = np.int64(bases[begin + last]) if last < length else 4
            kmer = (4 * kmer + base) % 4**SEED if base < 4 else 0
            n_valid = n_valid + 1 if base < 4 else 0
            position = last - SEED + 1
            if n_valid < SEED:
                for motif in short:
                    if 0 <= position <= length - (starts[motif + 1] - starts[motif]):
                        deficit = _deficit(
                            bases, begin + position, deficits, starts[motif], starts[motif + 1], limits[motif]
                        )
                        if deficit <= limits[motif]:
                            hits = _grow(hits, n)
                            hits[n, 0], hits[n, 1], hits[n, 2], hits[n, 3] = sequence, motif, position, deficit
                            n += 1
                continue
            for i in range(indptr[kmer], indptr[kmer + 1]):
                motif = motifs[i]
                start, width = position - offsets[motif], starts[motif + 1] - starts[motif]
                if start < 0 or start + width > length:
                    continue
                # in the loop itself: slices for a function would cost more than most candidates do
                deficit, limit = kmer_deficits[i], limits[motif]
                for k in range(starts[motif], starts[motif] + width - SEED):
                    column = other_columns[k]
                    deficit += deficits[starts[motif] + column, bases[begin + start + column]]
                    if deficit > limit:
                        break
                if deficit <= limit:
                    hits = _grow(hits, n)
                    hits[n, 0], hits[n, 1], hits[n, 2], hits[n, 3] = sequence, motif, start, deficit
                    n += 1
    return hits[:n].copy()


@njit(cache=True, nogil=True)
def _deficit(bases: np.ndarray, start: int, deficits: np.ndarray, first: int, last: int, limit: int) -> int:
    """Sum the deficit of a window over columns ``first`` to ``last``, or of its beginning once that exceeds the limit."""
    deficit = 0
    for column in range(first, last):
        deficit += deficits[column, bases[start + column - first]]
        if deficit > limit:
            break
    return deficit


@njit(cache=True, nogil=True)
def _grow(hits: np.ndarray, n: int) -> np.ndarray:
    """Return the array of ``n`` hits, or a copy of twice the length if it is full."""
    if n < len(hits):
        return hits
    larger = np.empty((2 * n, 4), np.int32)
    larger[:n] = hits
    return larger


@njit(cache=True, nogil=True)
def motif_tables(deficits: np.ndarray, starts: np.ndarray) -> MotifTables:
    """Sum the deficits of each k-mer of ``CHUNK`` bases (N included) at each position of each motif.

    Parameters
    ----------
    deficits, starts
        Motifs.

    Returns
    -------
    The tables. Motifs are sorted by width, so that the motifs that reach as far as a table are contiguous in it.
    """
    widths = np.diff(starts)
    order = np.argsort(widths, kind="mergesort")
    widths = widths[order]
    n_kmers = 5**CHUNK
    n_tables = (widths[-1] + CHUNK - 1) // CHUNK if len(widths) else 0
    firsts = np.searchsorted(widths, CHUNK * np.arange(n_tables), side="right")
    begins = np.zeros(n_tables + 1, np.int64)
    begins[1:] = np.cumsum(n_kmers * (len(widths) - firsts))
    tables = np.zeros(begins[-1], np.int32)
    for i in range(n_tables):
        n = len(widths) - firsts[i]
        for j in range(n):
            motif = order[firsts[i] + j]
            for k in range(min(CHUNK, widths[firsts[i] + j] - CHUNK * i)):
                column = deficits[starts[motif] + CHUNK * i + k]
                for kmer in range(n_kmers):
                    tables[begins[i] + kmer * n + j] += column[kmer // 5 ** (CHUNK - 1 - k) % 5]
    return MotifTables(tables, begins, firsts, order, widths)


@njit(cache=True, nogil=True)
def best_motifs(bases: np.ndarray, ends: np.ndarray, by_kmer: MotifTables, n_strands: int) -> np.ndarray:
    """Find the smallest deficit of each motif in each sequence.

    Parameters
    ----------
    bases, ends
        Concatenated sequences as 0 to 3 for A, C, G, T and 4 for N, and where each begins and ends.
    by_kmer
        The result of :func:`motif_tables` for motifs of which the strands of one are neighbors.
    n_strands
        Number of motifs that make one column of the result.

    Returns
    -------
    Deficits (sequences × motifs); ``NEVER`` and above where each window has an N.
    """
    # Every window counts here, so no look-up can skip any. Instead all motifs are summed at once, ``CHUNK`` columns at a
    # time, by additions of contiguous rows that the CPU does several of in one instruction.
    tables, begins, firsts, order, widths = by_kmer
    out = np.full((len(ends) - 1, len(widths) // n_strands), NEVER, np.int32)
    sums, lowest = np.empty(len(widths), np.int32), np.empty(len(widths), np.int32)
    for sequence in range(len(out)):
        lowest[:] = NEVER
        kmers = _kmers(bases[ends[sequence] : ends[sequence + 1]])
        for start in range(len(kmers)):
            # near the end only the shorter motifs fit, which come first
            n_fitting = np.searchsorted(widths, len(kmers) - start, side="right")
            for i in range(len(firsts)):
                first = firsts[i]
                if first >= n_fitting:
                    break
                row = begins[i] + kmers[min(start + CHUNK * i, len(kmers) - 1)] * (len(widths) - first)
                if i == 0:
                    copy_into(sums, tables[row : row + n_fitting])
                else:
                    _add(sums[first:n_fitting], tables[row : row + n_fitting - first])
            _keep_lowest(lowest[:n_fitting], sums[:n_fitting])
        for i in range(len(order)):
            motif = order[i] // n_strands
            out[sequence, motif] = min(out[sequence, motif], lowest[i])
    return out


@njit(cache=True, nogil=True)
def _add(sums: np.ndarray, terms: np.ndarray) -> None:
    """Add in place, in a separate loop that the compiler vectorizes."""
    for i in range(len(sums)):
        sums[i] += terms[i]


@njit(cache=True, nogil=True)
def _keep_lowest(lowest: np.ndarray, values: np.ndarray) -> None:
    """Take the minimum in place, in a separate loop that the compiler vectorizes."""
    for i in range(len(lowest)):
        lowest[i] = min(lowest[i], values[i])


@njit(cache=True, nogil=True)
def _kmers(bases: np.ndarray) -> np.ndarray:
    """Return the number of the k-mer of ``CHUNK`` bases that begins at each position, filled up with N at the end."""
    kmers = np.empty(len(bases), np.int64)
    kmer = 5**CHUNK - 1
    for i in range(len(bases) - 1, -1, -1):
        kmer = kmer // 5 + np.int64(bases[i]) * 5 ** (CHUNK - 1)
        kmers[i] = kmer
    return kmers


@njit(cache=True, nogil=True)
def keep_best(group: np.ndarray, family: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Select intervals so that no two of the same family overlap within a group. The earlier in the list is kept.

    Parameters
    ----------
    group
        The group of each interval, ascending.
    family
        The family of each interval.
    start, end
        Intervals, half-open.

    Returns
    -------
    Whether each interval is kept.
    """
    kept = np.ones(len(group), np.bool_)
    first = 0
    for i in range(len(group)):
        if group[i] != group[first]:
            first = i
        for j in range(first, i):
            if kept[j] and family[j] == family[i] and start[j] < end[i] and start[i] < end[j]:
                kept[i] = False
                break
    return kept
