"""Ranks of the values of one sparse row by groups of ties."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

N_SLOTS = 1024
MAX_HASHED = N_SLOTS // 4
"""Rows with more distinct values are sorted."""

_MIX = np.uint64(0x9E3779B97F4A7C15)  # 2⁶⁴ / golden ratio: spreads the keys over the upper bits
_SHIFT = np.uint64(54)  # leaves log2(N_SLOTS) bits


def keys(data: NDArray[np.floating]) -> NDArray[np.unsignedinteger]:
    """The bits of floating-point numbers, to hash them by."""
    return data.view(np.uint32 if data.dtype == np.float32 else np.uint64)


@njit(cache=True, nogil=True)
def workspace(indptr, data):
    """Buffers for :func:`tie_groups`, wide enough for each row: slots, levels, firsts, counts."""
    width = MAX_HASHED + 1
    for i in range(len(indptr) - 1):
        width = max(width, indptr[i + 1] - indptr[i] + 1)
    return (
        np.empty(N_SLOTS, np.int16),
        np.empty(width, data.dtype),
        np.empty(width, np.int64),
        np.empty(width, np.int64),
        np.empty(width, np.int32),
    )


@njit(cache=True, nogil=True)
def tie_groups(row, row_keys, n_genes, work):
    """Group the values of a row by ties and rank the groups, the highest value first.

    Fills ``firsts`` and ``counts`` of the workspace with the first rank and the size of each group, and ``groups``
    with the group of each value. Genes that are not in the row, and explicit zeros, form the last group, ranked
    where zeros belong: before negative values. Returns the number of that group.
    """
    slots, levels, firsts, counts, groups = work
    n = _hash(row, row_keys, slots, levels, counts, groups)
    if n >= 0:
        ascending = np.argsort(levels[:n])
    else:
        n = _sort(row, levels, counts, groups)
        ascending = np.arange(n)
    n_zero = n_genes
    for g in range(n):
        n_zero -= counts[g]
    counts[n] = n_zero
    firsts[n] = -1
    rank = 1
    for g in ascending[::-1]:
        if levels[g] < 0 and firsts[n] < 0:
            firsts[n] = rank
            rank += n_zero
        firsts[g] = rank
        rank += counts[g]
    if firsts[n] < 0:
        firsts[n] = rank
    return n


@njit(cache=True, nogil=True)
def _hash(row, row_keys, slots, levels, counts, groups):
    """Groups by a small hash table (few distinct values: the rule for counts, also normalised); -1 if it is full."""
    slots[:] = -1
    n = 0
    for i in range(len(row)):
        value = row[i]
        if value == 0:
            groups[i] = -1
            continue
        slot = (np.uint64(row_keys[i]) * _MIX) >> _SHIFT
        while True:
            g = slots[slot]
            if g < 0:
                if n == MAX_HASHED:
                    return -1
                g = n
                slots[slot] = g
                levels[g] = value
                counts[g] = 0
                n += 1
            if levels[g] == value:
                counts[g] += 1
                groups[i] = g
                break
            slot = (slot + np.uint64(1)) & np.uint64(N_SLOTS - 1)
    for i in range(len(row)):
        if groups[i] < 0:
            groups[i] = n
    return n


@njit(cache=True, nogil=True)
def _sort(row, levels, counts, groups):
    """Groups by sorting, in ascending order."""
    n = 0
    for i in np.argsort(row):
        value = row[i]
        if value == 0:
            groups[i] = -1
            continue
        if n == 0 or levels[n - 1] != value:
            levels[n] = value
            counts[n] = 0
            n += 1
        counts[n - 1] += 1
        groups[i] = n - 1
    for i in range(len(row)):
        if groups[i] < 0:
            groups[i] = n
    return n
