"""Reasoning traces: five to seven causal steps that each cite a card, and a level of activity."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from scgsfm.errors import TraceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ._card import Card, Hit

Role = Literal["activating", "repressing", "context"]
ROLES: tuple[str, ...] = get_args(Role)
MIN_STEPS, MAX_STEPS = 5, 7
LEVELS = 4
NO_MOTIF, NO_TAG = "no motif", "no tag"
"""Cited for cards without hits, and without tags."""
_BETWEEN = " | "
_STEP = re.compile(r"(\d+)\. (.+) \[(\w+): ([^\[\]]+)\]")
_LEVEL = re.compile(r"Activity level: (\S+)")
INTERVALS = re.compile(r"(?<![\w-])\d+-\d+(?![\w-])")
_WORD = re.compile(r"[A-Za-z][\w:.()-]*[\w)]")


@dataclass(frozen=True)
class Step:
    """One step: its text, whether it calls its evidence activating or repressing, and the evidence."""

    text: str
    role: Role
    evidence: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.text} [{self.role}: {_BETWEEN.join(self.evidence)}]" if self.evidence else self.text


@dataclass(frozen=True)
class Trace:
    """Steps and the level of activity that they conclude, 0 to 3; ``str(trace)`` and :meth:`parse` are inverses."""

    steps: tuple[Step, ...]
    level: int

    def __str__(self) -> str:
        return f"{self.reasoning}\nActivity level: {self.level}"

    @property
    def reasoning(self) -> str:
        """The text without its conclusion."""
        return "\n".join(f"{i}. {step}" for i, step in enumerate(self.steps, start=1))

    @classmethod
    def parse(cls, text: str) -> Trace:
        """Parse the text of a trace; raise a TraceError if it is malformed."""
        *lines, last = [line.strip() for line in text.strip().splitlines() if line.strip()] or [""]
        level = _LEVEL.fullmatch(last)
        if level is None or not level[1].isdecimal() or int(level[1]) >= LEVELS:
            msg = f"A trace ends with 'Activity level: ' and a number from 0 to {LEVELS - 1}, found {last[-40:]!r}."
            raise TraceError(msg)
        steps = tuple(parse_step(line, i) for i, line in enumerate(lines, start=1))
        check_length(steps)
        return cls(steps, int(level[1]))

    def cited(self, card: Card, role: Role) -> list[int]:
        """The hits of the card that steps of this role cite, individually or by their family."""
        named = {item for step in self.steps if step.role == role for item in step.evidence}
        return [i for i, hit in enumerate(card.hits) if {cite(hit), cite_family(hit.family)} & named]


def check_length(steps: Sequence[Step]) -> None:
    """Raise a TraceError for too few or too many steps."""
    if not MIN_STEPS <= len(steps) <= MAX_STEPS:
        msg = f"A trace has {MIN_STEPS} to {MAX_STEPS} steps, found {len(steps)}."
        raise TraceError(msg)


def parse_step(line: str, number: int) -> Step:
    """Parse a numbered step; raise a TraceError if it is malformed."""
    found = _STEP.fullmatch(line)
    if found is None:
        msg = f"Step {number} must read '{number}. TEXT [ROLE: EVIDENCE | …]' on one line, found {line[:80]!r}."
        raise TraceError(msg)
    if int(found[1]) != number:
        msg = f"Steps are numbered 1, 2, …; found {found[1]} where {number} is expected."
        raise TraceError(msg)
    if found[3] not in ROLES:
        msg = f"Step {number} has the role {found[3]!r}, which must be one of {', '.join(ROLES)}."
        raise TraceError(msg)
    return Step(found[2], found[3], tuple(found[4].split(_BETWEEN)))  # type: ignore[arg-type]


def majority_level(traces: Iterable[Trace]) -> int | None:
    """The level that most traces conclude; of levels that equally many conclude, the lowest. None without traces."""
    counts = Counter(trace.level for trace in traces)
    return min(counts, key=lambda level: (-counts[level], level), default=None)


def cite(hit: Hit) -> str:
    """The citation of a motif on a card."""
    return f"{hit.name} {hit.start}-{hit.end} {hit.strand}"


def cite_family(family: str) -> str:
    """The citation of a family."""
    return f"family {family}"


def cite_gc(card: Card) -> str:
    """The citation of the GC content."""
    return f"GC {card.gc:.3f}"


def cite_tag(tag: str) -> str:
    """The citation of a grammar tag."""
    return f"tag {tag}"


def evidence_of(card: Card) -> list[str]:
    """Everything that a trace of this card may cite."""
    motifs = [*map(cite, card.hits), *map(cite_family, card.families)] or [NO_MOTIF]
    return [cite_gc(card), *(map(cite_tag, card.tags) if card.tags else [NO_TAG]), *motifs]


def words_of(text: str) -> set[str]:
    """The words of a text that may be names of motifs, also without the punctuation around them."""
    return {part for word in _WORD.findall(text) for part in (word, word.strip("().:"))}


def check_trace(trace: Trace, card: Card, *, known_names: Iterable[str] = ()) -> None:
    """Raise a TraceError if a trace is malformed, or cites or names what is not on its card.

    Parameters
    ----------
    trace
        The trace.
    card
        Its card.
    known_names
        Names of motifs, which must be on the card if a step mentions them. Names of one or two letters are ignored,
        since they may be English words.
    """
    if Trace.parse(str(trace)) != trace:
        msg = "The trace differs after writing and parsing it: each step must be one line without brackets."
        raise TraceError(msg)
    allowed, names = set(evidence_of(card)), {name for name in known_names if len(name) > 2}
    on_card = {hit.name for hit in card.hits}
    intervals = {f"{hit.start}-{hit.end}" for hit in card.hits}
    for i, step in enumerate(trace.steps, start=1):
        if unknown := [item for item in step.evidence if item not in allowed]:
            msg = f"Step {i} cites {unknown[0]!r}, which is not on the card."
            raise TraceError(msg)
        words = words_of(step.text)
        named = sorted((words & names) - on_card) + sorted(set(INTERVALS.findall(step.text)) - intervals)
        if named:
            msg = f"Step {i} mentions {named[0]!r}, which is not on the card."
            raise TraceError(msg)
    if both := set(trace.cited(card, "activating")) & set(trace.cited(card, "repressing")):
        msg = f"The trace calls {cite(card.hits[min(both)])!r} both activating and repressing."
        raise TraceError(msg)
