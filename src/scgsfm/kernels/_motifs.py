"""Motifs in sequences: thresholds, hits and best scores, all in whole numbers.

A motif is a table of deficits (columns × 5): how many hundredths of a bit each of A, C, G and T falls short of the best
letter of its column. The fifth letter, N, falls short by more than any window may. A window's score is the motif's
highest score less the sum of its deficits, so that sums are exact and a window is dropped as soon as it lacks too much.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from ._numba_utils import copy_into

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEVER = 1 << 24
"""The deficit of N."""
SEED = 8
"""Letters of the windows by which candidates are looked up."""
CHUNK = 3
"""Letters whose deficits are summed in advance for best scores."""
_FIRST_RANGE = 1024


def motif_tails(
    deficits: NDArray[np.int32], starts: NDArray[np.integer], background: NDArray[np.float64], p: float
) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.int64]]:
    """Exact p-values of the best scores of each motif, as far as they are below ``p``.

    Parameters
    ----------
    deficits, starts
        Columns of all motifs below each other, and where each motif begins and ends.
    background
        Probabilities of A, C, G and T.
    p
        Above all p-values that are wanted.

    Returns
    -------
    The largest deficit of each motif whose p-value is below ``p``, -1 if there is none; the p-values of the deficits 0,
    1, … of all motifs behind each other; and where those of each motif begin and end.
    """
    parts = [_tail(deficits[a:b], background, p) for a, b in zip(starts[:-1], starts[1:], strict=True)]
    ends = np.cumsum([0, *map(len, parts)], dtype=np.int64)
    return np.diff(ends).astype(np.int32) - np.int32(1), np.concatenate([*parts, np.empty(0)]), ends


@njit(cache=True, nogil=True)
def _tail(deficits, background, p):
    highest = 0
    for column in range(len(deficits)):
        highest += deficits[column, :4].max()
    limit = min(_FIRST_RANGE, highest)
    while True:  # most of the range is far below the threshold and never looked at
        mass = np.zeros(limit + 1)
        mass[0] = 1.0
        reached = 0
        for column in range(len(deficits)):
            after = np.zeros(limit + 1)
            for letter in range(4):
                step = deficits[column, letter]
                for deficit in range(min(reached, limit - step) + 1):
                    after[deficit + step] += mass[deficit] * background[letter]
            reached = min(limit, reached + deficits[column, :4].max())
            mass = after
        total = np.cumsum(mass)
        if total[-1] >= p or limit == highest:
            return total[: np.searchsorted(total, p)].copy()
        limit = min(2 * limit, highest)


@njit(cache=True, nogil=True)
def motif_seeds(deficits, starts, limits, offsets):
    """For each word of ``SEED`` letters the motifs that a window with this word can still match.

    Parameters
    ----------
    deficits, starts, limits
        Motifs, and the largest deficit of a hit of each.
    offsets
        Where in each motif the word lies. It may reach beyond the end of a short motif.

    Returns
    -------
    Where the candidates of each word begin and end, the motif of each candidate, and the deficit of the word.
    """
    indptr = np.zeros(4**SEED + 1, np.int64)
    motifs, lacks = np.empty(0, np.int32), np.empty(0, np.int32)
    words, sums = np.empty(4**SEED, np.int64), np.empty(4**SEED, np.int32)
    for filling in range(2):
        for motif in range(len(limits)):
            first = starts[motif] + offsets[motif]
            last = min(first + SEED, starts[motif + 1])
            n = _words(deficits[first:last], limits[motif], words, sums)
            free = 4 ** (SEED - (last - first))
            for i in range(n):
                for word in range(words[i] * free, (words[i] + 1) * free):
                    if filling:
                        motifs[indptr[word]], lacks[indptr[word]] = motif, sums[i]
                        indptr[word] += 1
                    else:
                        indptr[word + 1] += 1
        if not filling:
            indptr = np.cumsum(indptr)
            motifs, lacks = np.empty(indptr[-1], np.int32), np.empty(indptr[-1], np.int32)
    indptr[1:] = indptr[:-1].copy()  # filling has moved each start to its end
    indptr[0] = 0
    return indptr, motifs, lacks


@njit(cache=True, nogil=True)
def _words(deficits, limit, words, sums):
    """Write the words whose deficit is at most ``limit``, and their deficits; return their number."""
    n = 1 if limit >= 0 else 0
    words[0], sums[0] = 0, 0
    for column in range(len(deficits)):
        grown = 0
        # each word grows to one at least, for the best letter lacks nothing, so they can be written from the back
        for i in range(n):
            for letter in range(4):
                grown += sums[i] + deficits[column, letter] <= limit
        at = grown
        for i in range(n - 1, -1, -1):
            word, lack = words[i], sums[i]
            for letter in range(3, -1, -1):
                if lack + deficits[column, letter] <= limit:
                    at -= 1
                    words[at], sums[at] = 4 * word + letter, lack + deficits[column, letter]
        n = grown
    return n


@njit(cache=True, nogil=True)
def scan_motifs(letters, ends, deficits, starts, limits, offsets, others, indptr, motifs, lacks):
    """All windows whose deficit is at most the limit of the motif.

    Parameters
    ----------
    letters, ends
        Sequences behind each other as 0 to 3 for A, C, G, T and 4 for N, and where each begins and ends.
    deficits, starts, limits
        Motifs, and the largest deficit of a hit of each.
    offsets
        Where in each motif its word of ``SEED`` letters lies.
    others
        The columns of each motif outside of that word, in the order of looking at them, from ``starts[motif]`` on.
    indptr, motifs, lacks
        What :func:`motif_seeds` returned.

    Returns
    -------
    Sequence, motif, start and deficit of each hit (hits × 4).
    """
    hits = np.empty((1024, 4), np.int32)
    n = 0
    short = np.array([m for m in range(len(limits)) if starts[m + 1] - starts[m] < SEED and limits[m] >= 0], np.int64)
    for sequence in range(len(ends) - 1):
        begin, length = ends[sequence], ends[sequence + 1] - ends[sequence]
        word, known = 0, 0
        for last in range(length + SEED - 1):  # of the word; behind the end only short motifs have room
            letter = letters[begin + last] if last < length else 4
            word = (4 * word + letter) % 4**SEED if letter < 4 else 0
            known = known + 1 if letter < 4 else 0
            at = last - SEED + 1
            if known < SEED:
                for motif in short:
                    if 0 <= at <= length - (starts[motif + 1] - starts[motif]):
                        lack = _lack(letters, begin + at, deficits, starts[motif], starts[motif + 1], limits[motif])
                        if lack <= limits[motif]:
                            hits = _room(hits, n)
                            hits[n, 0], hits[n, 1], hits[n, 2], hits[n, 3] = sequence, motif, at, lack
                            n += 1
                continue
            for i in range(indptr[word], indptr[word + 1]):
                motif = motifs[i]
                start, width = at - offsets[motif], starts[motif + 1] - starts[motif]
                if start < 0 or start + width > length:
                    continue
                lack, limit = lacks[i], limits[motif]
                for k in range(starts[motif], starts[motif] + width - SEED):
                    column = others[k]
                    lack += deficits[starts[motif] + column, letters[begin + start + column]]
                    if lack > limit:
                        break
                if lack <= limit:
                    hits = _room(hits, n)
                    hits[n, 0], hits[n, 1], hits[n, 2], hits[n, 3] = sequence, motif, start, lack
                    n += 1
    return hits[:n].copy()


@njit(cache=True, nogil=True)
def _lack(letters, at, deficits, first, last, limit):
    """The deficit of a window, or of its beginning once that is above the limit."""
    lack = 0
    for column in range(first, last):
        lack += deficits[column, letters[at + column - first]]
        if lack > limit:
            break
    return lack


@njit(cache=True, nogil=True)
def _room(hits, n):
    """The array of hits, with room for one more."""
    if n < len(hits):
        return hits
    larger = np.empty((2 * n, 4), np.int32)
    larger[:n] = hits
    return larger


@njit(cache=True, nogil=True)
def motif_tables(deficits, starts):
    """Deficits of each word of ``CHUNK`` letters of five, those of all motifs that reach so far beside each other.

    Parameters
    ----------
    deficits, starts
        Motifs.

    Returns
    -------
    The tables of the first, second, … words of the motifs behind each other, each words × motifs; where each begins; the
    first motif in each; the motifs by width, the shortest first; and their widths.
    """
    widths = np.diff(starts)
    order = np.argsort(widths, kind="mergesort")
    widths = widths[order]
    n_words = 5**CHUNK
    n_tables = (widths[-1] + CHUNK - 1) // CHUNK if len(widths) else 0
    firsts = np.searchsorted(widths, CHUNK * np.arange(n_tables), side="right")
    begins = np.zeros(n_tables + 1, np.int64)
    begins[1:] = np.cumsum(n_words * (len(widths) - firsts))
    tables = np.zeros(begins[-1], np.int32)
    for i in range(n_tables):
        n = len(widths) - firsts[i]
        for j in range(n):
            motif = order[firsts[i] + j]
            for k in range(min(CHUNK, widths[firsts[i] + j] - CHUNK * i)):
                column = deficits[starts[motif] + CHUNK * i + k]
                for word in range(n_words):
                    tables[begins[i] + word * n + j] += column[word // 5 ** (CHUNK - 1 - k) % 5]
    return tables, begins, firsts, order, widths


@njit(cache=True, nogil=True)
def best_motifs(letters, ends, tables, begins, firsts, order, widths, n_strands):
    """The smallest deficit of each motif in each sequence.

    All motifs are tried at a place at once.

    Parameters
    ----------
    letters, ends
        Sequences behind each other as 0 to 3 for A, C, G, T and 4 for N, and where each begins and ends.
    tables, begins, firsts, order, widths
        What :func:`motif_tables` returned for motifs of which those of the strands of one lie behind each other.
    n_strands
        How many motifs make one column of the result.

    Returns
    -------
    Deficits (sequences × motifs), ``NEVER`` and above where no window is free of N.
    """
    out = np.full((len(ends) - 1, len(widths) // n_strands), NEVER, np.int32)
    lacks, lowest = np.empty(len(widths), np.int32), np.empty(len(widths), np.int32)
    for sequence in range(len(out)):
        lowest[:] = NEVER
        words = _words_at(letters[ends[sequence] : ends[sequence + 1]])
        for at in range(len(words)):
            fit = np.searchsorted(widths, len(words) - at, side="right")  # the shorter motifs, at the end
            for i in range(len(firsts)):
                first = firsts[i]
                if first >= fit:
                    break
                row = begins[i] + words[min(at + CHUNK * i, len(words) - 1)] * (len(widths) - first)
                if i == 0:
                    copy_into(lacks, tables[row : row + fit])
                else:
                    _add(lacks[first:fit], tables[row : row + fit - first])
            _keep_lowest(lowest[:fit], lacks[:fit])
        for i in range(len(order)):
            motif = order[i] // n_strands
            out[sequence, motif] = min(out[sequence, motif], lowest[i])
    return out


@njit(cache=True, nogil=True)
def _add(sums, more) -> None:
    for i in range(len(sums)):
        sums[i] += more[i]


@njit(cache=True, nogil=True)
def _keep_lowest(lowest, found) -> None:
    for i in range(len(lowest)):
        lowest[i] = min(lowest[i], found[i])


@njit(cache=True, nogil=True)
def _words_at(letters):
    """The word of ``CHUNK`` letters of five that begins at each place; behind the end stands N."""
    words = np.empty(len(letters), np.int64)
    word = 5**CHUNK - 1
    for i in range(len(letters) - 1, -1, -1):
        word = word // 5 + letters[i] * 5 ** (CHUNK - 1)
        words[i] = word
    return words


@njit(cache=True, nogil=True)
def keep_best(group, family, start, end):
    """Which intervals to keep so that none of a family overlap in a group, the earlier in the list before the later.

    Parameters
    ----------
    group
        The group of each interval, ascending.
    family
        What may not overlap.
    start, end
        Intervals, half-open.

    Returns
    -------
    Whether each is kept.
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
