"""Explanations and effects as tables, for several sequences and cell types at once."""

from __future__ import annotations

from dataclasses import astuple
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd

from scgsfm._messages import did_you_mean, random_generator
from scgsfm._progress import progress_over

from ._card import build_card
from ._explanation import explain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scgsfm.motifs import Motifs

    from ._explanation import Explanation


class ActivityModel(Protocol):
    """What explanations need of a model of activity, such as :class:`scgsfm.models.r3lm.R3LM`."""

    cell_types: list[str]
    motifs: Motifs

    def predict(self, sequences: Sequence[str], /) -> np.ndarray: ...
    def level(self, activity: float, cell_type: str, /) -> int: ...


_ELEMENTS = ["element", "cell_type", "prediction", "level", "card", "trace"]
_MOTIFS = ["element", "cell_type", "motif", "family", "score", "strand", "start", "end", "effect", "spread", "cited"]


def select_cell_types(
    model: ActivityModel, cell_type: str | Sequence[str] | None, *, argument: str = "cell_type"
) -> list[str]:
    """The given cell types, or all cell types of the model."""
    given = [] if cell_type is None else [cell_type] if isinstance(cell_type, str) else list(cell_type)
    wanted = given or list(model.cell_types)
    if unknown := [name for name in wanted if name not in model.cell_types]:
        hint = did_you_mean(str(unknown[0]), model.cell_types)
        msg = f"`{argument}` {unknown[0]!r} is not a cell type of the model: give {', '.join(model.cell_types)}.{hint}"
        raise ValueError(msg)
    return wanted


def explanation_tables(
    model: ActivityModel,
    sequences: Sequence[str],
    names: Sequence[str],
    cell_types: Sequence[str],
    *,
    motifs: Motifs | None = None,
    bases: bool = True,
    rng: int | np.random.Generator | None = 0,
) -> dict[str, pd.DataFrame]:
    """Explain the predictions for sequences in several cell types.

    Parameters
    ----------
    model
        The model.
    sequences, names
        Sequences of at most ``model.length`` bases, and their names.
    cell_types
        Cell types of the model.
    motifs
        Motifs for the cards; by default those of the model.
    bases
        Whether to compute the effect of each base, too.
    rng
        Seed or generator of the shuffles and the wording.

    Returns
    -------
    The tables ``"elements"``, ``"motifs"`` and, if wanted, ``"bases"`` of :func:`scgsfm.tl.explain_regulation`.
    """
    generator, motifs = random_generator(rng), model.motifs if motifs is None else motifs
    elements, hits = [], []
    given = list(zip(names, sequences, strict=True))
    for name, sequence in progress_over(given, total=len(given), unit="elements", description="Explaining"):
        for found in _explain(model, sequence, cell_types, motifs, int(generator.integers(2**32))):
            card, trace = found.card, found.trace
            elements.append((name, card.cell_type, found.prediction, trace.level, str(card), str(trace)))
            effects = zip(card.hits, *(x.tolist() for x in (found.effects, found.spread, found.cited)), strict=True)
            hits += [(name, card.cell_type, *astuple(hit), *effect) for hit, *effect in effects]
    tables = {"elements": pd.DataFrame(elements, columns=_ELEMENTS), "motifs": pd.DataFrame(hits, columns=_MOTIFS)}
    return tables | ({"bases": base_effects(model, sequences, cell_types)} if bases else {})


def base_effects(model: ActivityModel, sequences: Sequence[str], cell_types: Sequence[str]) -> pd.DataFrame:
    """The prediction minus its mean over the three other bases at each position; NaN beyond the end of a sequence."""
    cells = [model.cell_types.index(cell) for cell in cell_types]
    out = np.full((len(sequences), len(cells), max(map(len, sequences), default=0)), np.nan, np.float32)
    for i, sequence in enumerate(sequences):
        mutants = [
            sequence[:at] + other + sequence[at + 1 :]
            for at, base in enumerate(sequence)
            for other in "ACGT"
            if other != base
        ]
        predicted = model.predict([sequence, *mutants])[:, cells]
        out[i, :, : len(sequence)] = (predicted[0] - predicted[1:].reshape(len(sequence), 3, -1).mean(axis=1)).T
    return pd.DataFrame(out.reshape(-1, out.shape[2]), columns=[str(i) for i in range(out.shape[2])])


def activity_of_cells(matrix: Any, activity: np.ndarray) -> np.ndarray:
    """Mean activity of the peaks of each cell, weighted by accessibility (float32); NaN for cells without any.

    Parameters
    ----------
    matrix
        Accessibility, cells × peaks, of any kind that :class:`scgsfm.scoring.BlockReader` reads.
    activity
        Activities, peaks × cell types; peaks with a NaN are ignored.
    """
    from scgsfm.scoring import BlockReader

    peaks = np.flatnonzero(np.isfinite(activity).all(axis=1))
    values = activity.astype(np.float64)[peaks]
    out = np.full((matrix.shape[0], values.shape[1]), np.nan, np.float32)
    for start, block in BlockReader(matrix, genes=peaks):
        if block.nnz and block.data.min() < 0:
            msg = (
                "The matrix contains negative values, but accessibility can't be negative: give a `layer` with counts."
            )
            raise ValueError(msg)
        total = block.sum(axis=1)[:, None]
        with np.errstate(invalid="ignore", divide="ignore"):
            out[start : start + block.shape[0]] = (block @ values) / total
    return out


def _explain(
    model: ActivityModel, sequence: str, cell_types: Sequence[str], motifs: Motifs, seed: int
) -> list[Explanation]:
    """The explanation in each cell type. The model predicts all cell types at once, so predictions are kept."""
    known: dict[str, np.ndarray] = {}

    def predict(texts: list[str]) -> np.ndarray:
        new = list(dict.fromkeys(text for text in texts if text not in known))
        known.update(zip(new, model.predict(new), strict=True) if new else ())
        return np.array([known[text] for text in texts])

    card = build_card(sequence, cell_types[0], motifs)
    return [
        explain(
            lambda texts, k=model.cell_types.index(cell): predict(texts)[:, k],  # type: ignore[misc]
            card.with_cell_type(cell),
            level_of=lambda activity, cell=cell: model.level(activity, cell),  # type: ignore[misc]
            rng=seed,
        )
        for cell in cell_types
    ]
