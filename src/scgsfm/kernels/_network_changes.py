"""Changes of the layers of a convolutional network by single-base variants: only cells that a variant reaches.

A variant has a window of cells (positions after pooling), the first of which is its start. Cells of the window beyond an end
of the sequence never change. Changes are sites × 3 variants × cells × channels (float32).
"""

from __future__ import annotations

import numpy as np

from ._njit import njit


@njit(cache=True, nogil=True)
def first_layer_changes(
    bases: np.ndarray, sites: np.ndarray, before: np.ndarray, weights: np.ndarray, factor: np.ndarray, pool: int
) -> tuple[np.ndarray, np.ndarray]:
    """Find how each variant changes the mean activations of the first layer.

    Parameters
    ----------
    bases, sites
        The sequence as 0 to 3 for A, C, G, T, and the positions of the variants.
    before
        Values before the ReLU (positions × filters).
    weights, factor
        The filters (taps × 4 × filters), and the factor of their normalization.
    pool
        Number of positions of a cell.

    Returns
    -------
    The changes, and the starts of the windows. The variants of a site have the bases one, two and three after its own, in
    circular order.
    """
    taps, _, n_filters = weights.shape
    half = taps // 2
    starts = np.empty(len(sites), np.int64)
    change = np.zeros((len(sites), 3, (taps - 2 + pool) // pool + 1, n_filters), np.float32)
    scale = factor / np.float32(pool)
    for i in range(len(sites)):
        at = sites[i]
        own = bases[at]
        starts[i] = (at - half) // pool
        for position in range(max(at - half, 0), min(at + half + 1, len(bases))):
            now, tap = before[position], weights[at + half - position]
            for step in range(3):
                new, old = tap[(own + 1 + step) % 4], tap[own]
                cell = change[i, step, position // pool - starts[i]]
                for j in range(n_filters):
                    cell[j] += scale[j] * (max(now[j] + new[j] - old[j], np.float32(0)) - max(now[j], np.float32(0)))
    return change, starts


@njit(cache=True, nogil=True)
def convolution_changes(
    change: np.ndarray, starts: np.ndarray, before: np.ndarray, weights: np.ndarray, residual: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Find how changes propagate through a convolution, its ReLU and its residual connection.

    Parameters
    ----------
    change, starts
        The changes of the inputs.
    before
        Values of the layer before the ReLU (cells × channels).
    weights
        Inputs × (taps, last one first, × channels).
    residual
        Whether the inputs are added to the values after the ReLU.

    Returns
    -------
    The changes of the outputs, and the starts of the windows.
    """
    n_sites, _, length, n_inputs = change.shape
    n_cells, width = before.shape
    taps = weights.shape[1] // width
    reach = taps // 2
    out = np.zeros((n_sites, 3, (length + 2 * reach) * width), np.float32)
    inputs = np.empty(n_inputs + 1, np.int64)
    for i in range(n_sites):
        first = starts[i] - reach
        for cell in range(length):
            # taps whose output is beyond an end are left out
            low, high = max(-first - cell, 0), min(n_cells - first - cell, taps)
            if low < high:
                add_products(change[i], cell, weights, low * width, high * width, out[i], (cell + low) * width, inputs)
        for step in range(3):
            for cell in range(max(-first, 0), min(length + 2 * reach, n_cells - first)):
                now, row = before[first + cell], out[i, step, cell * width : (cell + 1) * width]
                for j in range(width):
                    row[j] = max(now[j] + row[j], np.float32(0)) - max(now[j], np.float32(0))
                if residual and reach <= cell < length + reach:
                    added = change[i, step, cell - reach]
                    for j in range(width):
                        row[j] += added[j]
    return out.reshape(n_sites, 3, length + 2 * reach, width), starts - reach


@njit(cache=True, nogil=True)
def changed_products(change: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Products of changes (sites × 3 × inputs) and weights (inputs × outputs)."""
    n_sites, _, n_inputs = change.shape
    width = weights.shape[1]
    out = np.zeros((n_sites, 3, width), np.float32)
    inputs = np.empty(n_inputs + 1, np.int64)
    for i in range(n_sites):
        add_products(change[i].reshape(3, 1, n_inputs), 0, weights, 0, width, out[i], 0, inputs)
    return out


@njit(cache=True, nogil=True, fastmath={"contract"})
def add_products(
    change: np.ndarray,
    cell: int,
    weights: np.ndarray,
    low: int,
    high: int,
    out: np.ndarray,
    start: int,
    inputs: np.ndarray,
) -> None:
    """Add the products of the changes of three variants and weights to ``out``.

    Most changes are 0, usually in all three variants, and inputs without a change are skipped; then this is faster than
    a product of dense matrices. Four inputs at a time are read for each pass over the outputs.

    Parameters
    ----------
    change, cell
        The changes (3 × cells × inputs), and the cell that is used.
    weights, low, high
        Inputs × outputs, of which those from ``low`` to ``high`` are used.
    out, start
        Array of 3 rows, and where the outputs start in them.
    inputs
        Scratch space of one more integer than inputs.
    """
    x, y, z = change[0, cell], change[1, cell], change[2, cell]
    n = 0
    for i in range(len(x)):
        inputs[n] = i
        n += (x[i] != 0) | (y[i] != 0) | (z[i] != 0)
    size = high - low
    rx, ry, rz = out[0, start : start + size], out[1, start : start + size], out[2, start : start + size]
    for k in range(0, n - 3, 4):
        a, b, c, d = inputs[k], inputs[k + 1], inputs[k + 2], inputs[k + 3]
        wa, wb, wc, wd = weights[a, low:high], weights[b, low:high], weights[c, low:high], weights[d, low:high]
        xa, xb, xc, xd = x[a], x[b], x[c], x[d]
        ya, yb, yc, yd = y[a], y[b], y[c], y[d]
        za, zb, zc, zd = z[a], z[b], z[c], z[d]
        for j in range(size):
            rx[j] = rx[j] + xa * wa[j] + xb * wb[j] + xc * wc[j] + xd * wd[j]
            ry[j] = ry[j] + ya * wa[j] + yb * wb[j] + yc * wc[j] + yd * wd[j]
            rz[j] = rz[j] + za * wa[j] + zb * wb[j] + zc * wc[j] + zd * wd[j]
    for k in range(n - n % 4, n):
        a = inputs[k]
        wa, xa, ya, za = weights[a, low:high], x[a], y[a], z[a]
        for j in range(size):
            rx[j] += xa * wa[j]
            ry[j] += ya * wa[j]
            rz[j] += za * wa[j]


@njit(cache=True, nogil=True)
def pooling_changes(change: np.ndarray, starts: np.ndarray, before: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find how changes propagate through the maximum of pairs of cells, whose values were ``before`` (cells × channels).

    Returns
    -------
    The changes of the outputs, and the starts of the windows.
    """
    n_sites, _, length, width = change.shape
    out = np.zeros((n_sites, 3, length // 2 + 1, width), np.float32)
    first = starts // 2
    for i in range(n_sites):
        for cell in range(max(-first[i], 0), min(length // 2 + 1, len(before) // 2 - first[i])):
            at = 2 * (first[i] + cell)
            a, b = before[at], before[at + 1]
            i_a = at - starts[i]  # of the window; the other is the next one
            for step in range(3):
                row = out[i, step, cell]
                for j in range(width):
                    new_a = a[j] + (change[i, step, i_a, j] if 0 <= i_a < length else np.float32(0))
                    new_b = b[j] + (change[i, step, i_a + 1, j] if 0 <= i_a + 1 < length else np.float32(0))
                    row[j] = max(new_a, new_b) - max(a[j], b[j])
    return out, first


@njit(cache=True, nogil=True)
def summary_changes(  # noqa: C901
    change: np.ndarray, starts: np.ndarray, before: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Summarize the last layer of each variant.

    Parameters
    ----------
    change, starts
        The changes of the last layer.
    before, weights
        Its values, and weights of the cells of each channel (cells × channels).

    Returns
    -------
    Means, largest values and weighted sums over all cells (sites × 3 × 3 × channels).
    """
    n_cells, width = before.shape
    out = np.empty((len(change), 3, 3, width), np.float32)
    mean, total, largest = np.zeros(width, np.float32), np.zeros(width, np.float32), np.empty(width, np.float32)
    for cell in range(n_cells):
        for j in range(width):
            mean[j] += before[cell, j] / np.float32(n_cells)
            total[j] += before[cell, j] * weights[cell, j]
    for i in range(len(change)):
        low, high = max(starts[i], 0), min(starts[i] + change.shape[2], n_cells)
        for j in range(width):
            largest[j] = -np.inf
        for cell in range(n_cells):  # that never change
            if not low <= cell < high:
                for j in range(width):
                    largest[j] = max(largest[j], before[cell, j])
        for step in range(3):
            row = out[i, step]
            for j in range(width):
                row[0, j], row[1, j], row[2, j] = mean[j], largest[j], total[j]
            for cell in range(low, high):
                changed = change[i, step, cell - starts[i]]
                for j in range(width):
                    row[0, j] += changed[j] / np.float32(n_cells)
                    row[1, j] = max(row[1, j], before[cell, j] + changed[j])
                    row[2, j] += changed[j] * weights[cell, j]
    return out
