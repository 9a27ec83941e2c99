"""Checks of a file of cards and reasoning, such as CRE-ReasonBench."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from ._card import gc_content
from ._card_records import read_lines, record_of
from ._trace import INTERVALS, words_of

if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Iterator

    import pandas as pd

    from ._card import Card, CardStyle
    from ._card_records import CardRecord

SHORTEST = 4
"""Length of the shortest motifs."""


def check_records(
    path: str | os.PathLike[str], *, style: CardStyle = "r3lm", known_names: Collection[str] = ()
) -> pd.DataFrame:
    """Check each line of a file of cards and reasoning against the rules of the publication (Duan et al. 2026).

    A card has the fixed fields, the GC content and length of its sequence, motifs within the sequence, best first, and no
    two of a family that overlap. Reasoning has five to seven numbered steps, cites the card, names no position or known
    motif that is not on the card, and concludes a level from 0 to 3, which is the measured one.

    Parameters
    ----------
    path
        The file; see :func:`read_records`.
    style
        How cards are written in records that do not say so themselves.
    known_names
        Names of motifs, which must be on the card if a step mentions them. Names of one or two letters are ignored.

    Returns
    -------
    A table with a row for each line: ``line``, ``status`` (``"ok"`` or the first problem), ``problems`` (all of them),
    ``cell_type``, ``n_motifs``, ``n_steps``, ``level`` (concluded), ``measured_level`` and ``activity``.

    Examples
    --------
    >>> from scgsfm.models.r3lm import Card, CardRecord, check_records, write_records
    >>> card = Card("K562", 0.5, (), (), "ACGT" * 50)
    >>> path = write_records("cards.jsonl", [CardRecord(card)])
    >>> check_records(path)["status"].tolist()
    ['no reasoning']
    """
    import pandas as pd

    names = {name for name in known_names if len(name) > 2}
    rows = [{"line": line, **_row(content, style, names)} for line, content in read_lines(path)]
    columns = ["line", "status", "problems", "cell_type", "n_motifs", "n_steps", "level", "measured_level", "activity"]
    table = pd.DataFrame(rows, columns=columns)
    counts = ["n_motifs", "n_steps", "level", "measured_level"]
    return table.astype(dict.fromkeys(counts, "Int64") | {"activity": float, "cell_type": object})


def _row(content: str, style: CardStyle, names: Collection[str]) -> dict[str, Any]:
    try:
        record, malformed = record_of(content, style)
    except ValueError as error:
        return {"status": "no card", "problems": f"no card: {error}"}
    problems = [*_card_problems(record.card), *([("malformed reasoning", str(malformed))] if malformed else [])]
    problems += _trace_problems(record, names)
    trace = record.trace
    return {
        "status": problems[0][0] if problems else "ok",
        "problems": "; ".join(f"{kind}: {detail}" for kind, detail in problems),
        "cell_type": record.card.cell_type,
        "n_motifs": len(record.card.hits),
        "n_steps": None if trace is None else len(trace.steps),
        "level": None if trace is None else trace.level,
        "measured_level": record.level,
        "activity": record.activity,
    }


def _card_problems(card: Card) -> Iterator[tuple[str, str]]:
    if abs(card.gc - (gc := gc_content(card.sequence))) > 0.00051:  # both are rounded
        yield "GC content", f"{card.gc:.3f}, the sequence has {gc:.3f}"
    for hit in card.hits:
        if not 0 <= hit.start < hit.end <= len(card.sequence):
            yield "motif outside the sequence", str(hit)
    scores = [hit.score for hit in card.hits]
    if scores != sorted(scores, reverse=True):
        yield "motifs not ordered by score", f"{scores}"
    for i, first in enumerate(card.hits):
        for second in card.hits[i + 1 :]:
            if first.family and first.family == second.family and first.start < second.end and second.start < first.end:
                yield "overlapping motifs of a family", f"{first.name} and {second.name}"


def _trace_problems(record: CardRecord, names: Collection[str]) -> Iterator[tuple[str, str]]:
    card, trace = record.card, record.trace
    if trace is None:
        if not record.text.strip():
            yield "no reasoning", "the answer is empty"
        return
    on_card, places = {hit.name for hit in card.hits}, {f"{hit.start}-{hit.end}" for hit in card.hits}
    if not any(step.evidence for step in trace.steps):
        yield "no evidence", "no step names anything on the card"
    for i, step in enumerate(trace.steps, start=1):
        others = [name for name in sorted(words_of(step.text) & set(names)) if name not in on_card]
        others += [place for place in INTERVALS.findall(step.text) if place not in places and _is_site(place, card)]
        if others:
            yield "not on the card", f"step {i} mentions {', '.join(Counter(others))}"
    if record.level is not None and record.level != trace.level:
        yield "other level", f"concludes {trace.level}, measured {record.level}"


def _is_site(place: str, card: Card) -> bool:
    """Whether numbers may be the positions of a motif, and not of anything else, such as levels."""
    first, last = map(int, place.split("-"))
    return first + SHORTEST <= last <= len(card.sequence)
