"""Measured sequences, and the cards and gold reasoning that training makes of them."""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from scgsfm.models.r3lm._card import CLUSTERED, build_cards, reduce_hits

from ._additive_effects import fit_effects, write_reasoning

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from scgsfm.models.r3lm._card import Card
    from scgsfm.models.r3lm._trace import Trace
    from scgsfm.motifs import Motifs

    from ._additive_effects import Effects

SEQUENCE, FOLD = "sequence", "fold"


@dataclass(frozen=True, eq=False)
class Measured:
    """Sequences and their activities (sequences × cell types), and the fold of each, -1 where there is none."""

    sequences: list[str]
    activity: np.ndarray
    cell_types: list[str]
    fold: np.ndarray

    def of(self, rows: np.ndarray) -> Measured:
        """Some of the sequences."""
        chosen = np.flatnonzero(rows) if rows.dtype == bool else rows
        return Measured([self.sequences[i] for i in chosen], self.activity[chosen], self.cell_types, self.fold[chosen])


@dataclass(frozen=True, eq=False)
class Examples:
    """Cards, their activities in units of each cell type's mean and standard deviation, and their gold traces."""

    cards: list[Card]
    activity: np.ndarray
    traces: list[Trace]


def read_measured(path: str | os.PathLike[str], cell_types: Sequence[str]) -> Measured:
    """A table with tabs (plain or gzipped): a column ``sequence``, one of activities for each cell type, maybe ``fold``."""
    path = Path(path)
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        reader = csv.DictReader(lines, delimiter="\t")
        missing = [name for name in (SEQUENCE, *cell_types) if name not in (reader.fieldnames or [])]
        if missing:
            msg = f"{path} lacks the columns {', '.join(missing)}; found are {', '.join(reader.fieldnames or [])}."
            raise ValueError(msg)
        rows = list(reader)
    activity = np.array([[_number(row[name]) for name in cell_types] for row in rows], np.float32)
    bad = np.argwhere(~np.isfinite(activity.reshape(-1, len(cell_types))))
    if len(bad):
        line, name = bad[0][0] + 2, cell_types[bad[0][1]]
        msg = (
            f"{path}, line {line}: {name} is {rows[bad[0][0]][name]!r}, but activities must be numbers; leave rows that "
            f"lack one out ({len(set(bad[:, 0].tolist())):,} of {len(rows):,})."
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


def fit(measured: Measured, motifs: Motifs) -> Effects:
    """What motifs add to the activity, by the additive model of :func:`fit_effects`."""
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
) -> Examples:
    """Examples in all cell types, or in ``per_sequence`` of them drawn for each sequence, in random order."""
    rng = np.random.default_rng(seed)
    n, k = measured.activity.shape
    drawn = rng.permuted(np.tile(np.arange(k), (n, 1)), axis=1)[:, : per_sequence or k]
    cards = build_cards(measured.sequences, measured.cell_types[0], motifs)
    chosen = [(i, j) for i in range(n) for j in drawn[i]]
    chosen = [chosen[i] for i in rng.permutation(len(chosen))]
    own = [cards[i].with_cell_type(measured.cell_types[j]) for i, j in chosen]
    activity = np.array([measured.activity[i, j] for i, j in chosen], np.float32)
    traces = [
        write_reasoning(card, y, effects=effects, rng=rng) for card, y in zip(own, activity.tolist(), strict=True)
    ]
    mean, spread = units[[j for _, j in chosen]].T
    return Examples(own, ((activity - mean) / spread).astype(np.float32), traces)
