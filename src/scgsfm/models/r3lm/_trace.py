"""Reasoning traces: five to seven causal steps, each citing what a card holds, closed by a level of activity."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from scgsfm.errors import TraceError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._card import Card, Hit

Role = Literal["activating", "repressing", "context"]
ROLES: tuple[str, ...] = get_args(Role)
FEWEST, MOST = 5, 7
"""Steps of a trace."""
LEVELS = 4
NO_MOTIF, NO_TAG = "no motif", "no tag"
"""Cited of a card without hits, or without tags."""
_BETWEEN = " | "
_STEP = re.compile(r"(\d+)\. (.+) \[(\w+): ([^\[\]]+)\]")
_LEVEL = re.compile(r"Activity level: (\S+)")
_PLACES = re.compile(r"(?<![\w-])\d+-\d+(?![\w-])")
_WORD = re.compile(r"[A-Za-z][\w:.()-]*[\w)]")


@dataclass(frozen=True)
class Step:
    """One step: what it says, whether it calls its evidence activating or repressing, and the evidence."""

    text: str
    role: Role
    evidence: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.text} [{self.role}: {_BETWEEN.join(self.evidence)}]"


@dataclass(frozen=True)
class Trace:
    """Steps and the level of activity they lead to, 0 to 3; ``str(trace)`` and :meth:`parse` are inverses."""

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
        """The trace of a text that ``str`` wrote, or a model in that form; a TraceError says what is wrong with it."""
        *lines, last = [line.strip() for line in text.strip().splitlines() if line.strip()] or [""]
        level = _LEVEL.fullmatch(last)
        if level is None or not level[1].isdecimal() or int(level[1]) >= LEVELS:
            msg = f"A trace ends with 'Activity level: ' and a number from 0 to {LEVELS - 1}, found {last[-40:]!r}."
            raise TraceError(msg)
        steps = tuple(_parse_step(line, i) for i, line in enumerate(lines, start=1))
        if not FEWEST <= len(steps) <= MOST:
            msg = f"A trace has {FEWEST} to {MOST} steps, found {len(steps)}."
            raise TraceError(msg)
        return cls(steps, int(level[1]))

    def cited(self, card: Card, role: Role) -> list[int]:
        """Which hits of the card are cited in steps of this role, by themselves or by their family."""
        named = {item for step in self.steps if step.role == role for item in step.evidence}
        return [i for i, hit in enumerate(card.hits) if {cite(hit), cite_family(hit.family)} & named]


def _parse_step(line: str, number: int) -> Step:
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


def cite(hit: Hit) -> str:
    """How a trace names a motif of a card."""
    return f"{hit.name} {hit.start}-{hit.end} {hit.strand}"


def cite_family(family: str) -> str:
    """How a trace names a family."""
    return f"family {family}"


def cite_gc(card: Card) -> str:
    """How a trace names the GC content."""
    return f"GC {card.gc:.3f}"


def cite_tag(tag: str) -> str:
    """How a trace names a grammar tag."""
    return f"tag {tag}"


def evidence_of(card: Card) -> list[str]:
    """All that a trace may cite of a card."""
    motifs = [*map(cite, card.hits), *map(cite_family, card.families)] or [NO_MOTIF]
    return [cite_gc(card), *(map(cite_tag, card.tags) if card.tags else [NO_TAG]), *motifs]


def check(trace: Trace, card: Card, *, known_names: Iterable[str] = ()) -> None:
    """Raise a TraceError if a trace is malformed, or cites or names what its card doesn't hold.

    Parameters
    ----------
    trace
        The trace.
    card
        Its card.
    known_names
        Names of motifs; one in the text of a step must be on the card. (Short names are words of English as well and
        aren't looked for.)
    """
    if Trace.parse(str(trace)) != trace:
        msg = "The trace doesn't survive being written and read: steps must be one line each, without brackets."
        raise TraceError(msg)
    allowed, known = set(evidence_of(card)), {name for name in known_names if len(name) > 2}
    on_card = {hit.name for hit in card.hits}
    places = {f"{hit.start}-{hit.end}" for hit in card.hits}
    for i, step in enumerate(trace.steps, start=1):
        if strange := [item for item in step.evidence if item not in allowed]:
            msg = f"Step {i} cites {strange[0]!r}, which the card doesn't hold."
            raise TraceError(msg)
        words = {part for word in _WORD.findall(step.text) for part in (word, word.strip("().:"))}
        named = sorted((words & known) - on_card) + sorted(set(_PLACES.findall(step.text)) - places)
        if named:
            msg = f"Step {i} speaks of {named[0]!r}, which the card doesn't hold."
            raise TraceError(msg)
    if both := set(trace.cited(card, "activating")) & set(trace.cited(card, "repressing")):
        msg = f"The trace calls {cite(card.hits[min(both)])!r} both activating and repressing."
        raise TraceError(msg)
