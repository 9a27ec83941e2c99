"""Deviations of the accessibility of motifs in cells, corrected by background peaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy.sparse import csr_array

    from ._match_motifs import MotifMatches


def peak_totals(matrix: Any) -> np.ndarray:
    """Sum of the accessibility of each peak over all cells.

    Parameters
    ----------
    matrix
        Accessibility, cells × peaks, of any kind that :class:`scgsfm.scoring.BlockReader` reads.

    Raises
    ------
    ValueError
        If there are negative values.
    """
    from scgsfm.scoring import BlockReader

    totals = np.zeros(matrix.shape[1])
    for _, block in BlockReader(matrix):
        check_not_negative(block)
        totals += np.bincount(block.indices, block.data, minlength=block.shape[1])
    return totals


def check_not_negative(block: csr_array) -> None:
    """Raise ValueError if there are negative values."""
    if block.nnz and block.data.min() < 0:
        msg = "The matrix contains negative values, but accessibility can't be negative: give a `layer` with counts."
        raise ValueError(msg)


def motif_deviations(
    matrix: Any,
    peaks: np.ndarray,
    matches: csr_array,
    background: np.ndarray,
    totals: np.ndarray,
    *,
    min_expected: float = 1.0,
) -> tuple[np.ndarray, np.ndarray]:
    r"""Bias-corrected deviations and z-scores of motifs in cells, as chromVAR computes them :cite:p:`Schep2017`.

    With the accessibility :math:`x_{ip}` of peak :math:`p` in cell :math:`i`, the motif's peaks :math:`M`, and the
    background peak :math:`b(p)` of the :math:`b`-th sample,

    .. math:: e_p = \frac{\sum_i x_{ip}}{\sum_{iq} x_{iq}}, \qquad
        y_i = \frac{\sum_{p \in M} x_{ip} - n_i \sum_{p \in M} e_p}{n_i \sum_{p \in M} e_p}, \qquad
        y_i^b = \frac{\sum_{p \in M} x_{i,b(p)} - n_i \sum_{p \in M} e_{b(p)}}{n_i \sum_{p \in M} e_{b(p)}},

    where :math:`n_i = \sum_p x_{ip}`. The deviation is :math:`y_i - \overline{y_i^b}`, and the z-score the deviation divided
    by the standard deviation of :math:`y_i^b` (with one degree of freedom lost).

    Parameters
    ----------
    matrix
        Accessibility, cells × peaks, of any kind that :class:`scgsfm.scoring.BlockReader` reads.
    peaks
        Columns of the matrix to use; all sums are over these. Each has accessibility in at least one cell.
    matches
        Motifs of these peaks (peaks × motifs).
    background
        Background peaks of each, as positions in ``peaks`` (peaks × samples).
    totals
        Sum of the accessibility of each of these peaks over all cells.
    min_expected
        Expected accessibility of a motif in a cell below which it is NaN.

    Returns
    -------
    Deviations and z-scores (float32, cells × motifs).
    """
    from scgsfm.kernels import set_sums
    from scgsfm.scoring import BlockReader

    expectation = totals / totals.sum()
    expected = matches.T @ expectation
    expected_background = np.array([matches.T @ expectation[sample] for sample in background.T])
    n_motifs, n_samples = matches.shape[1], background.shape[1]
    weights = matches.data.astype(np.float64)
    total = np.zeros(n_motifs)

    def deviation(block: csr_array, rates: np.ndarray, depth: np.ndarray) -> np.ndarray:
        zero = np.zeros(block.shape[0])
        sums = set_sums(block.indptr, block.indices, block.data, zero, matches.indptr, matches.indices, weights, total)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(sums / (depth[:, None] * rates) - 1)

    def of_block(block: csr_array) -> tuple[np.ndarray, np.ndarray]:
        depth = block.sum(axis=1)
        mean, squares = np.zeros((2, block.shape[0], n_motifs))
        for i in range(n_samples):  # Welford's update: no sample is kept
            # rather than the peaks of motifs, the cells are exchanged: x[b(p)] takes the place of x[p]
            value = deviation(block[:, background[:, i]], expected_background[i], depth)
            change = value - mean
            mean += change / (i + 1)
            squares += change * (value - mean)
        dev = deviation(block, expected, depth) - mean
        dev[depth[:, None] * expected < min_expected] = np.nan
        with np.errstate(invalid="ignore", divide="ignore"):
            z = dev / np.sqrt(squares / (n_samples - 1))
        z[~np.isfinite(z)] = np.nan
        return dev.astype(np.float32), z.astype(np.float32)

    reader = BlockReader(matrix, genes=peaks)
    out = np.empty((2, matrix.shape[0], n_motifs), np.float32)
    for start, values in reader.map(of_block, description="Deviations of motifs"):
        out[:, start : start + len(values[0])] = values
    return out[0], out[1]


def deviations_table(matches: MotifMatches, columns: Sequence[str], z: np.ndarray) -> pd.DataFrame:
    """A row for each motif, by the standard deviation of its z-scores over cells, see :func:`scgsfm.tl.motif_deviations`."""
    variability = pd.DataFrame(z.astype(np.float64)).std().to_numpy()
    table = pd.DataFrame(
        {
            "column": list(columns),
            "motif": matches.motifs,
            "name": matches.names,
            "family": matches.families,
            "n_found": matches.n_found,
            "variability": variability,
        }
    )
    return table.sort_values("variability", ascending=False, kind="stable", ignore_index=True)
