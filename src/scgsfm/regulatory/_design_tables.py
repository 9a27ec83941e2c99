"""Designs as tables: the elements before and after, and each step with the motifs that it gains and loses."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scgsfm._messages import random_generator
from scgsfm._progress import progress_over
from scgsfm.dna import Span

from ._card import build_cards, changed_motifs
from ._design import design
from ._saturation import base_contributions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scgsfm.motifs import Hits, Motifs

    from ._card import Card
    from ._design import Design, DesignModel, Goal, Method
    from ._design_limits import DesignLimits

WEAK_P = 1e-3
"""Bound of the p-values of matches that explain an edit if no motif of the card changes."""
LEAST_SCORE = 5.0
"""Score in bits that stands for no match."""
BLOCK = 32
"""Number of elements that are designed side by side, so that their variants are predicted together."""


def design_tables(
    model: DesignModel,
    sequences: Sequence[str],
    names: Sequence[str],
    goal: Goal,
    limits: DesignLimits,
    *,
    method: Method,
    motifs: Motifs | None = None,
    rng: int | np.random.Generator | None = 0,
) -> dict[str, pd.DataFrame]:
    """Design elements.

    Parameters
    ----------
    model
        The model.
    sequences, names
        Sequences of at most ``model.length`` bases, of A, C, G and T in upper case, and their names.
    goal, limits
        See :func:`design`.
    method
        ``"greedy"`` or ``"evolutionary"``.
    motifs
        Motifs that explain the steps; by default those of the model.
    rng
        Seed or generator.

    Returns
    -------
    The tables ``"designs"``, ``"steps"``, ``"bases"`` and ``"motifs"`` of :func:`scgsfm.tl.design_elements`.
    """
    generator = random_generator(rng)
    designs, steps, bases, hits = [], [], [], []
    found = motifs or model.motifs
    given = list(zip(names, sequences, strict=True))
    blocks = [given[i : i + BLOCK] for i in range(0, len(given), BLOCK)]
    for block in progress_over(blocks, total=len(blocks), unit="batches", description="Designing"):
        paths = design(model, [text for _, text in block], goal, limits, method=method, rng=generator)
        bases += _contributions(model, paths, goal.target)
        for (name, _), path in zip(block, paths, strict=True):
            activities = {"": model.predict(path.sequences), "_card": model.predict(path.sequences, mode="card")}
            designs.append(_summary(model, name, path, activities, goal, limits))
            cards = build_cards(path.sequences, model.cell_types[goal.target], found)
            steps.append(_steps(model, name, path, activities, goal, found, cards))
            hits += [
                {"element": name, "when": when, **asdict(hit)}
                for when, card in (("start", cards[0]), ("design", cards[-1]))
                for hit in card.hits
            ]
    columns = ["element", "when", "motif", "family", "score", "strand", "start", "end"]
    return {
        "designs": pd.DataFrame(designs),
        "steps": pd.concat(steps, ignore_index=True),
        "bases": _bases(names, bases),
        "motifs": pd.DataFrame(hits).rename(columns={"name": "motif"}).reindex(columns=columns),
    }


def _contributions(model: DesignModel, paths: Sequence[Design], target: int) -> list[np.ndarray]:
    """Contributions of the bases before and after each design; the search has predicted most of the variants."""
    ends = [sequence for path in paths for sequence in (path.sequences[0], path.sequences[-1])]
    known = {sequence: values for path in paths for sequence, values in path.variants.items()}
    missing = [sequence for sequence in dict.fromkeys(ends) if sequence not in known]
    known.update(zip(missing, model.predict_substitutions(missing), strict=True))
    return [base_contributions(known[sequence][..., target], sequence) for sequence in ends]


def _bases(names: Sequence[str], contributions: list[np.ndarray]) -> pd.DataFrame:
    """Two rows for each element, before and after; NaN beyond the end of a sequence."""
    out = np.full((len(contributions), max(map(len, contributions), default=0)), np.nan, np.float32)
    for row, values in zip(out, contributions, strict=True):
        row[: len(values)] = values
    table = pd.DataFrame(out, columns=[str(i) for i in range(out.shape[1])])
    table.insert(0, "element", np.repeat(np.array(names, object), 2))
    table.insert(1, "when", ["start", "design"] * len(names))
    return table


def _summary(
    model: DesignModel,
    name: str,
    path: Design,
    activities: dict[str, np.ndarray],
    goal: Goal,
    limits: DesignLimits,
) -> dict[str, Any]:
    start, end = path.sequences[0], path.sequences[-1]
    row: dict[str, Any] = {
        "element": name,
        "target": model.cell_types[goal.target],
        "start": start,
        "sequence": end,
        "n_changes": len(path.edits),
    }
    for suffix, values in activities.items():
        for cell_type, before, after in zip(model.cell_types, values[0], values[-1], strict=True):
            row |= {f"{cell_type}{suffix}_start": before, f"{cell_type}{suffix}": after}
    for suffix, sequence in (("_start", start), ("", end)):
        flaws = limits.flaws(sequence)
        gc = (sequence.count("G") + sequence.count("C")) / len(sequence)
        row |= {f"gc{suffix}": gc, f"forbidden_sites{suffix}": flaws.sites}
    return row


def _steps(
    model: DesignModel,
    name: str,
    path: Design,
    activities: dict[str, np.ndarray],
    goal: Goal,
    motifs: Motifs,
    cards: Sequence[Card],
) -> pd.DataFrame:
    """A row for the start, and one for each edit."""
    gain = np.diff(activities[""][:, goal.target], prepend=activities[""][0, goal.target])
    rows = [("", "", "The element before the first edit.")]
    weak = motifs.scan(path.sequences, p=WEAK_P)
    for i, edit in enumerate(path.edits):
        lost, gained = _changed(cards[i], cards[i + 1], edit[0])
        what = [f"{verb} {names}" for verb, names in (("gains", gained), ("loses", lost)) if names]
        what = what or _shifted(weak, motifs, i, edit[0])
        text = f"{edit[1]}{edit[0]}{edit[2]} {' and '.join(what) or 'changes no motif'}"
        rows.append((lost, gained, f"{text} ({gain[i + 1]:+.2f} in {model.cell_types[goal.target]})"))
    edits = [(-1, "", ""), *path.edits]
    table: dict[str, Any] = {
        "element": name,
        "step": range(len(rows)),
        "position": [at for at, _, _ in edits],
        "ref": [ref for _, ref, _ in edits],
        "alt": [alt for _, _, alt in edits],
        "sequence": path.sequences,
    }
    for suffix, values in activities.items():
        table |= {f"{cell_type}{suffix}": values[:, k] for k, cell_type in enumerate(model.cell_types)}
    table |= dict(zip(("lost", "gained", "explanation"), zip(*rows, strict=True), strict=True))
    return pd.DataFrame(table)


def _changed(before: Card, after: Card, at: int) -> tuple[str, str]:
    """Motifs over an edited base that only the sequence before, or only that after the edit has."""
    span = Span(0, at, at + 1, len(before.sequence))
    return changed_motifs(before, after, span, span)


def _shifted(hits: Hits, motifs: Motifs, step: int, at: int) -> list[str]:
    """The weak matches over an edited base whose scores rise and fall most."""
    scores = []
    for sequence in (step, step + 1):
        over = (hits.sequence == sequence) & (hits.start <= at) & (hits.end > at)
        best = np.full(len(motifs), LEAST_SCORE)
        np.maximum.at(best, hits.motif[over], hits.score[over])
        scores.append(best)
    shift = scores[1] - scores[0]
    rises, falls = int(np.argmax(shift)), int(np.argmin(shift))
    return [
        f"{verb} a weak match of {motifs.names[motif]}"
        for verb, motif, changes in (("strengthens", rises, shift[rises] > 0), ("weakens", falls, shift[falls] < 0))
        if changes
    ]
