"""Measured sequences, and the training examples made from them: cards and gold reasoning."""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ._additive_effects import fit_effects, write_reasoning
from ._card import CLUSTERED, build_cards, reduce_hits

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from scgsfm.motifs import Motifs

    from ._additive_effects import Effects
    from ._card import Card
    from ._trace import Trace

SEQUENCE, FOLD = "sequence", "fold"


@dataclass(frozen=True, eq=False)
class Measured:
    """Sequences, their activities (sequences × cell types), and their folds, -1 for none."""

    sequences: list[str]
    activity: np.ndarray
    cell_types: list[str]
    fold: np.ndarray

    def of(self, rows: np.ndarray) -> Measured:
        """The sequences at given positions, or where a mask is true."""
        rows = np.flatnonzero(rows) if rows.dtype == bool else rows
        return Measured([self.sequences[i] for i in rows], self.activity[rows], self.cell_types, self.fold[rows])


@dataclass(frozen=True, eq=False)
class Examples:
    """Cards, their activities, standardized in each cell type, and their gold traces."""

    cards: list[Card]
    activity: np.ndarray
    traces: list[Trace]


def read_measured(path: str | os.PathLike[str], cell_types: Sequence[str]) -> Measured:
    """Read a tab-separated table, plain or gzipped: ``sequence``, activities of each cell type, and optionally ``fold``."""
    path = Path(path)
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        reader = csv.DictReader(lines, delimiter="\t")
        missing = [name for name in (SEQUENCE, *cell_types) if name not in (reader.fieldnames or [])]
        if missing:
            msg = f"{path} lacks the columns {', '.join(missing)}; it has {', '.join(reader.fieldnames or [])}."
            raise ValueError(msg)
        rows = list(reader)
    activity = np.array([[_number(row[name]) for name in cell_types] for row in rows], np.float32)
    bad = np.argwhere(~np.isfinite(activity.reshape(-1, len(cell_types))))
    if len(bad):
        line, name = bad[0][0] + 2, cell_types[bad[0][1]]
        msg = (
            f"{path}, line {line}: {name} is {rows[bad[0][0]][name]!r}, but activities must be numbers; omit rows "
            f"without a measurement ({len(set(bad[:, 0].tolist())):,} of {len(rows):,})."
        )
        raise ValueError(msg)
    fold = np.array([int(row.get(FOLD) or -1) for row in rows], np.int64)
    return Measured([row[SEQUENCE] for row in rows], activity.reshape(-1, len(cell_types)), list(cell_types), fold)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan


def units_of(measured: Measured) -> np.ndarray:
    """Mean and standard deviation of each cell type (cell types × 2)."""
    return np.stack([measured.activity.mean(axis=0), measured.activity.std(axis=0)], axis=1)


def fit_measured(measured: Measured, motifs: Motifs) -> Effects:
    """Fit the additive model of :func:`fit_effects` to measured sequences."""
    hits = reduce_hits(motifs.scan(measured.sequences), motifs)
    cards = build_cards(measured.sequences, measured.cell_types[0], motifs, hits=hits)
    clustered = np.array([CLUSTERED in card.tags for card in cards])
    return fit_effects(measured.sequences, hits, motifs, clustered, measured.activity, measured.cell_types)


def make_examples(
    measured: Measured,
    motifs: Motifs,
    effects: Effects,
    units: np.ndarray,
    *,
    per_sequence: int | None = None,
    seed: int = 0,
    fimo: bool = False,
) -> Examples:
    """Examples in random order, in all cell types or in ``per_sequence`` random ones for each sequence.

    With ``fimo``, hits and their scores are those of FIMO.
    """
    rng = np.random.default_rng(seed)
    n, k = measured.activity.shape
    drawn = rng.permuted(np.tile(np.arange(k), (n, 1)), axis=1)[:, : per_sequence or k]
    cards = build_cards(measured.sequences, measured.cell_types[0], motifs, fimo=fimo)
    pairs = [(i, j) for i in range(n) for j in drawn[i]]
    pairs = [pairs[i] for i in rng.permutation(len(pairs))]
    cards = [cards[i].with_cell_type(measured.cell_types[j]) for i, j in pairs]
    activity = np.array([measured.activity[i, j] for i, j in pairs], np.float32)
    traces = [
        write_reasoning(card, y, effects=effects, rng=rng) for card, y in zip(cards, activity.tolist(), strict=True)
    ]
    mean, std = units[[j for _, j in pairs]].T
    return Examples(cards, ((activity - mean) / std).astype(np.float32), traces)
