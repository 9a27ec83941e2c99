"""Gold reasoning from measured activities, by an additive model of the effects of motifs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from scgsfm._messages import random_generator

from ._card import CLUSTERED, GC_POOR, GC_RICH, gc_content
from ._trace_templates import claims_of, write_trace

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from scgsfm.motifs import Hits, Motifs

    from ._card import Card
    from ._trace import Trace
    from ._trace_templates import TraceWriter

N_PAIRED = 40
"""Number of families, the most frequent ones, whose pairs have coefficients."""
PENALTY = 0.02
"""Ridge penalty for standardized features, relative to the number of sequences."""
MIN_EFFECT = 0.05
"""Effect below which a motif is neither called activating nor repressing."""
PRESENCE, STRENGTH, POSITION = range(3)
"""Features of a family: presence, sum of scores in tens of bits, sum of distances from the center (0 to 1)."""
_CONTEXT = ("gc", "gc squared", GC_RICH, GC_POOR, CLUSTERED)
_ROWS = 4096
_FILE = files("scgsfm") / "data" / "motifs" / "effects.npz"


@dataclass(frozen=True, eq=False)
class Effects:
    """An additive model of activity: effects of families, pairs of families and composition.

    Parameters
    ----------
    cell_types
        Names of the cell types.
    families
        Names of the families; others have no effect.
    paired
        Positions of the families whose pairs have effects.
    family
        Coefficients: cell types × (presence, strength, position) × families.
    pair
        Coefficients of pairs of families: cell types × paired × paired, symmetric; on the diagonal, of two hits.
    context
        Coefficients: cell types × (GC, its square, rich, poor, cluster).
    constant
        Intercept of each cell type.
    quartiles
        Quartiles of the measured activities: cell types × 3.
    """

    cell_types: list[str]
    families: list[str]
    paired: np.ndarray
    family: np.ndarray
    pair: np.ndarray
    context: np.ndarray
    constant: np.ndarray
    quartiles: np.ndarray

    @classmethod
    @cache
    def embedded(cls) -> Effects:
        """The model fitted to lentiMPRA activities of folds 0 to 7, for motifs of JASPAR 2026."""
        with _FILE.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            texts = (stored[name].tobytes().decode().split("\n") for name in ("cell_types", "families"))
            names = ("paired", "family", "pair", "context", "constant", "quartiles")
            return cls(*texts, *(stored[name] for name in names))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model as a file."""
        texts = {name: "\n".join(getattr(self, name)).encode() for name in ("cell_types", "families")}
        arrays = {name: np.frombuffer(text, np.uint8) for name, text in texts.items()}
        arrays["paired"] = self.paired.astype(np.int32)
        for name in ("family", "pair", "context", "constant", "quartiles"):
            arrays[name] = getattr(self, name).astype(np.float32)
        np.savez_compressed(path, **arrays)  # type: ignore[arg-type]

    def cell(self, cell_type: str) -> int:
        """The position of a cell type."""
        if cell_type not in self.cell_types:
            msg = f"There are no effects for the cell type {cell_type!r}, only for {', '.join(self.cell_types)}."
            raise ValueError(msg)
        return self.cell_types.index(cell_type)

    def level(self, activity: float, cell_type: str) -> int:
        """The quarter of the measured activities that contains an activity, 0 to 3."""
        return int(np.searchsorted(self.quartiles[self.cell(cell_type)], activity, side="right"))

    def of(self, card: Card) -> np.ndarray:
        """What each hit of a card adds to its activity; pairs and families share theirs out evenly."""
        k = self.cell(card.cell_type)
        index = {family: i for i, family in enumerate(self.families)}
        family = np.array([index.get(hit.family, -1) for hit in card.hits], int)
        known = family >= 0
        n = np.bincount(family[known], minlength=len(self.families))
        strength, position = _measures(
            np.array([hit.score for hit in card.hits]), np.array([hit.center for hit in card.hits]), len(card.sequence)
        )
        total = self.family[k, PRESENCE].astype(float)
        present, several = n > 0, n > 1
        both = self.pair[k] * present[self.paired]
        np.fill_diagonal(both, np.diag(self.pair[k]) * 2 * several[self.paired])
        total[self.paired] += both.sum(axis=1) / 2
        f = family[known]
        out = np.zeros(len(family))
        out[known] = (
            total[f] / n[f]
            + self.family[k, STRENGTH, f] * strength[known]
            + self.family[k, POSITION, f] * position[known]
        )
        return out

    def activity(self, card: Card) -> float:
        """The predicted activity."""
        k = self.cell(card.cell_type)
        context = _context(card.gc, CLUSTERED in card.tags)
        return float(self.constant[k] + self.context[k] @ context + self.of(card).sum())


def _measures(score: np.ndarray, center: np.ndarray, length: int | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return score / 10, np.abs(2 * center / length - 1)


def _context(gc: float, clustered: bool) -> np.ndarray:
    return np.array([gc - 0.5, (gc - 0.5) ** 2, gc >= 0.55, gc <= 0.4, clustered], float)


def fit_effects(
    sequences: Sequence[str],
    hits: Hits,
    motifs: Motifs,
    clustered: np.ndarray,
    activity: np.ndarray,
    cell_types: Sequence[str],
    *,
    penalty: float = PENALTY,
) -> Effects:
    """Fit the additive model by ridge regression.

    Parameters
    ----------
    sequences
        Sequences of the training folds.
    hits
        Their reduced hits.
    motifs
        The motifs of the hits.
    clustered
        Whether each sequence has a cluster of motifs (bool).
    activity
        Measured activities (sequences × cell types).
    cell_types
        Names of the cell types.
    penalty
        Ridge penalty of standardized coefficients.

    Returns
    -------
    The model.
    """
    families, family_of = np.unique(motifs.families, return_inverse=True)
    design = _Design(sequences, hits, family_of[hits.motif], clustered, len(families))
    n, width = len(sequences), design.width
    gram, cross = np.zeros((width, width)), np.zeros((width, activity.shape[1]))
    mean = np.zeros(width)
    centered = activity - activity.mean(axis=0)
    for first in range(0, n, _ROWS):
        x = design.rows(first, min(first + _ROWS, n))
        gram += x.T @ x
        cross += x.T @ centered[first : first + _ROWS]
        mean += x.sum(axis=0)
    mean /= n
    covariance = gram / n - np.outer(mean, mean)
    scale = np.diag(covariance).copy()
    covariance[np.diag_indices(width)] += penalty * scale + 1e-9
    coefficients = np.linalg.solve(covariance, cross / n).T
    single, pairs, context = np.split(coefficients, [3 * len(families), width - len(_CONTEXT)], axis=1)
    a, b = design.pairs
    pair = np.zeros((len(cell_types), N_PAIRED, N_PAIRED))
    pair[:, a, b] = pair[:, b, a] = pairs
    return Effects(
        list(cell_types),
        families.tolist(),
        design.paired,
        single.reshape(-1, 3, len(families)),
        pair,
        context,
        activity.mean(axis=0) - coefficients @ mean,
        np.quantile(activity, [0.25, 0.5, 0.75], axis=0).T,
    )


class _Design:
    """The design matrix, built in blocks of rows."""

    def __init__(
        self, sequences: Sequence[str], hits: Hits, family: np.ndarray, clustered: np.ndarray, n_families: int
    ) -> None:
        self.hits, self.family, self.n_families = hits, family, n_families
        gc = [gc_content(sequence) for sequence in sequences]
        self.context = np.array([_context(*row) for row in zip(gc, clustered, strict=True)])
        length = np.array([len(sequence) for sequence in sequences])[hits.sequence]
        self.measures = _measures(hits.score, (hits.start + hits.end) / 2, length)
        seen = np.unique(np.column_stack([hits.sequence, family]), axis=0)[:, 1]
        self.paired = np.argsort(-np.bincount(seen, minlength=n_families), kind="stable")[:N_PAIRED]
        self.pairs = np.triu_indices(N_PAIRED)
        self.width = 3 * n_families + len(self.pairs[0]) + len(_CONTEXT)

    def rows(self, first: int, last: int) -> np.ndarray:
        hits = slice(*np.searchsorted(self.hits.sequence, [first, last]))
        at = self.hits.sequence[hits] - first, self.family[hits]
        counts, strength, position = np.zeros((3, last - first, self.n_families))
        np.add.at(counts, at, 1)
        for table, measure in zip((strength, position), self.measures, strict=True):
            np.add.at(table, at, measure[hits])
        present, several = counts[:, self.paired] > 0, counts[:, self.paired] > 1
        a, b = self.pairs
        together = np.where(a == b, several[:, a], present[:, a] & present[:, b])
        return np.hstack([counts > 0, strength, position, together, self.context[first:last]]).astype(np.float64)


def write_reasoning(
    card: Card,
    activity: float,
    *,
    effects: Effects | None = None,
    rng: int | np.random.Generator | None = 0,
    writer: TraceWriter | None = None,
) -> Trace:
    """Write the gold trace of a sequence with a measured activity.

    The trace concludes the measured level, so results of a model that reads gold traces are an upper bound.

    Parameters
    ----------
    card
        The card of the sequence.
    activity
        The measured activity in the card's cell type.
    effects
        The effects of motifs; by default the embedded model.
    rng
        Seed or generator of the wording.
    writer
        A function of the card, the effect of each hit and the level that writes the text instead, such as a call to a
        language model. Its text is checked.

    Returns
    -------
    The trace.
    """
    effects = Effects.embedded() if effects is None else effects
    added = effects.of(card)
    level = effects.level(activity, card.cell_type)
    claims = claims_of(added, min_effect=MIN_EFFECT)
    return write_trace(card, added, level, claims, random_generator(rng), writer=writer)
