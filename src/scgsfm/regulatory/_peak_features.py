"""The peaks that can be compared: those with a sequence and accessibility, and what they are matched for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ._motif_deviations import peak_totals

if TYPE_CHECKING:
    from scgsfm.dna import Windows

MIN_PEAKS = 50
"""Fewer peaks can't be matched with each other."""


@dataclass(frozen=True, eq=False)
class PeakFeatures:
    """Peaks with a sequence and accessibility.

    Parameters
    ----------
    peaks
        Their columns in the matrix.
    sequences
        Their sequences.
    gc
        Fraction of G and C among their known bases.
    length
        Lengths of the sequences.
    accessibility
        Sum of the accessibility over all cells.
    """

    peaks: np.ndarray
    sequences: list[str]
    gc: np.ndarray
    length: np.ndarray
    accessibility: np.ndarray

    def __len__(self) -> int:
        return len(self.peaks)

    @classmethod
    def of(cls, matrix: Any, windows: Windows) -> PeakFeatures:
        """The features of the peaks of a matrix (cells × peaks), of which ``windows`` has the sequences.

        Raises
        ------
        ValueError
            If there are negative values, or fewer than 50 peaks have a sequence and accessibility.
        """
        totals = peak_totals(matrix)
        kept = np.flatnonzero(totals[windows.element] > 0)
        if len(kept) < MIN_PEAKS:
            msg = (
                f"Only {len(kept):,} of {len(totals):,} peaks have a sequence and are accessible in at least one cell, but "
                f"at least {MIN_PEAKS} are needed, since peaks are compared with peaks of similar GC content and "
                "accessibility."
            )
            raise ValueError(msg)
        sequences = [windows.sequences[i] for i in kept.tolist()]
        bases = np.array([[text.count(base) for base in "ACGT"] for text in sequences])
        peaks = windows.element[kept]
        gc = bases[:, 1:3].sum(axis=1) / bases.sum(axis=1)
        return cls(peaks, sequences, gc, np.array([len(text) for text in sequences]), totals[peaks])

    def log_line(self, n_all: int) -> str:
        """Number of the peaks that are used, if others are left out."""
        return "" if len(self) == n_all else f"{len(self):,} of {n_all:,} peaks used"
