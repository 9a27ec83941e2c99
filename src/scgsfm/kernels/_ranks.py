"""Ranks of the values of sparse rows, by groups of ties.

Values are represented by unsigned integers (keys) of the same order. One compiled form then serves all types of numbers,
and hashing and radix sort, both far cheaper than a comparison sort, apply.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ._njit import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

N_SLOTS = 1024
MAX_HASHED = N_SLOTS // 4
"""Rows with more distinct values are sorted."""

_MIX = np.uint64(0x9E3779B97F4A7C15)  # 2⁶⁴ / golden ratio: spreads the keys over the upper bits
_TO_SLOT = np.uint64(54)  # leaves log2(N_SLOTS) bits
_NEXT = np.uint64(1)
_LAST_SLOT = np.uint64(N_SLOTS - 1)
_BYTE = np.uint64(255)


class Ranks(NamedTuple):
    """Ranks of the genes of each cell, the highest value first. Genes with the same value in a cell form a group."""

    groups: NDArray[np.int32]
    """Group of each value."""
    zeros: NDArray[np.int32]
    """Group of each cell's zeros, stored or not. It may be empty."""
    firsts: NDArray[np.int64]
    """The best rank in each group; the other ranks of the group follow it."""
    counts: NDArray[np.int64]
    """Number of genes in each group."""


def rank_cells(data: NDArray[np.floating], indptr: NDArray[np.integer], n_genes: int) -> Ranks:
    """Rank the genes of each cell.

    Parameters
    ----------
    data, indptr
        Values of a CSR matrix of cells, without NaN.
    n_genes
        Number of genes, including those that the matrix does not store.
    """
    keys, zero = ordered_keys(data)
    width = int(np.diff(indptr).max(initial=MAX_HASHED))
    return _rank_cells(keys, zero, data.dtype.itemsize, indptr, n_genes, width)


@njit(cache=True, nogil=True)
def _rank_cells(keys: np.ndarray, zero: np.uint64, n_bytes: int, indptr: np.ndarray, n_genes: int, width: int) -> Ranks:
    """Group the values of each row, by hashing if few are distinct and else by sorting, and rank the groups.

    With few distinct values, as counts have, only these are sorted.
    """
    n_cells = len(indptr) - 1
    groups, zeros = np.empty(len(keys), np.int32), np.empty(n_cells, np.int32)
    firsts, counts = np.empty(len(keys) + n_cells, np.int64), np.empty(len(keys) + n_cells, np.int64)
    levels, slots = np.empty(width, np.uint64), np.empty(N_SLOTS, np.int16)
    histogram, orders = np.empty((8, 256), np.int32), np.empty((2, width), np.int32)
    start = 0
    for cell in range(n_cells):
        row, row_groups = keys[indptr[cell] : indptr[cell + 1]], groups[indptr[cell] : indptr[cell + 1]]
        row_firsts, row_counts = firsts[start:], counts[start:]
        n = _hash(row, zero, levels, row_counts, row_groups, slots)
        if n >= 0:
            ascending = radix_order(levels[:n], n_bytes, histogram, orders)
        else:
            n = _sort(row, zero, levels, row_counts, row_groups, radix_order(row, n_bytes, histogram, orders))
            ascending = orders[0, :n]
            for g in range(n):
                ascending[g] = g
        _rank_groups(ascending, levels, zero, n_genes, row_firsts, row_counts)
        for i in range(len(row)):
            row_groups[i] = start + (n if row_groups[i] < 0 else row_groups[i])
        zeros[cell] = start + n
        start += n + 1
    return Ranks(groups, zeros, firsts[:start], counts[:start])


@njit(cache=True, nogil=True)
def _rank_groups(
    ascending: np.ndarray, levels: np.ndarray, zero: np.uint64, n_genes: int, firsts: np.ndarray, counts: np.ndarray
) -> None:
    """Rank the groups of a row, the highest value first.

    Genes that the row does not store, and explicit zeros, form the group with the last number. It is ranked before
    negative values.
    """
    n = len(ascending)
    counts[n] = n_genes
    for g in range(n):
        counts[n] -= counts[g]
    firsts[n] = 0
    next_rank = 1
    for i in range(n - 1, -1, -1):
        g = ascending[i]
        if levels[g] < zero and firsts[n] == 0:
            firsts[n] = next_rank
            next_rank += counts[n]
        firsts[g] = next_rank
        next_rank += counts[g]
    if firsts[n] == 0:
        firsts[n] = next_rank


def ordered_keys(data: NDArray[np.floating]) -> tuple[NDArray[np.uint64], np.uint64]:
    """Convert floating-point numbers without NaN to unsigned integers of the same order; return these and the key of zero."""
    bits = data.view(f"u{data.dtype.itemsize}")
    zero = np.uint64(1 << (8 * data.dtype.itemsize - 1))  # the sign's bit
    return _ordered_keys(bits, zero), zero


@njit(cache=True, nogil=True)
def _ordered_keys(bits: np.ndarray, zero: np.uint64) -> np.ndarray:
    """Convert the bits of IEEE 754 numbers.

    Read as integers, positive numbers are in order already, and negative ones, whose first bit is set, in the reverse
    order. So positive numbers are moved above the key of zero, and negative ones are mirrored below it. -0 becomes 0.
    """
    keys = np.empty(len(bits), np.uint64)
    for i in range(len(bits)):
        key = np.uint64(bits[i])
        keys[i] = zero + key if key < zero else zero - (key - zero)
    return keys


@njit(cache=True, nogil=True)
def _hash(
    keys: np.ndarray,
    zero: np.uint64,
    levels: np.ndarray,
    counts: np.ndarray,
    groups: np.ndarray,
    slots: np.ndarray,
) -> int:
    """Group a row of few distinct values, the rule for counts, also normalized ones, in a hash table.

    Returns the number of groups, or -1 if there are more than ``MAX_HASHED``. The table, at most a quarter full, stays
    in the fastest cache, and a search in it rarely needs a second step.
    """
    slots[:] = -1
    n = 0
    for i in range(len(keys)):
        key = keys[i]
        if key == zero:
            groups[i] = -1
            continue
        slot = (key * _MIX) >> _TO_SLOT
        while True:
            g = slots[slot]
            if g < 0:
                if n == MAX_HASHED:
                    return -1
                g = n
                n += 1
                slots[slot] = g
                levels[g] = key
                counts[g] = 0
            if levels[g] == key:
                counts[g] += 1
                groups[i] = g
                break
            slot = (slot + _NEXT) & _LAST_SLOT
    return n


@njit(cache=True, nogil=True)
def _sort(
    keys: np.ndarray, zero: np.uint64, levels: np.ndarray, counts: np.ndarray, groups: np.ndarray, order: np.ndarray
) -> int:
    """Group a row by the ascending order of its values. Returns the number of groups."""
    n = 0
    for i in order:
        key = keys[i]
        if key == zero:
            groups[i] = -1
            continue
        if n == 0 or levels[n - 1] != key:
            levels[n] = key
            counts[n] = 0
            n += 1
        counts[n - 1] += 1
        groups[i] = n - 1
    return n


@njit(cache=True, nogil=True)
def radix_order(keys: np.ndarray, n_bytes: int, histogram: np.ndarray, orders: np.ndarray) -> np.ndarray:
    """Return the ascending order of unsigned integers, sorted byte by byte from the lowest of ``n_bytes``.

    One pass counts all bytes. A byte that is the same in all keys, as most are where values come from counts, needs no
    separate pass. The sort is stable. ``histogram`` (8 × 256) and ``orders`` (2 × length) are buffers, and the result
    is a part of ``orders``.
    """
    n = len(keys)
    histogram[:n_bytes] = 0
    for i in range(n):
        for byte in range(n_bytes):
            histogram[byte, (keys[i] >> np.uint64(8 * byte)) & _BYTE] += 1
    source, target = orders[0, :n], orders[1, :n]
    for i in range(n):
        source[i] = i
    for byte in range(n_bytes):
        shift = np.uint64(8 * byte)
        positions = histogram[byte]
        if n == 0 or positions[(keys[0] >> shift) & _BYTE] == n:
            continue
        position = 0
        for digit in range(256):
            position, positions[digit] = position + positions[digit], position
        for i in source:
            digit = (keys[i] >> shift) & _BYTE
            target[positions[digit]] = i
            positions[digit] += 1
        source, target = target, source
    return source
