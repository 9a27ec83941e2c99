"""Reasoning in the form of the publication: numbered steps between ``<think>`` and ``</think>``, then a conclusion."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scgsfm.errors import TraceError

from ._trace import INTERVALS, LEVELS, Step, Trace, check_length, cite, cite_family, cite_gc, cite_tag, parse_step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._card import Card

THINK, THOUGHT = "<think>", "</think>"
_NUMBERED = re.compile(r"\s*\**(\d+)[.)]\**\s+(.+)")
_EVIDENCE = re.compile(r"\[\w+: [^\[\]]+\]$")
_RANGE = re.compile(r"0\s*[-\u2013]\s*3")
_LEVEL = re.compile(r"level\W*(?:(?:is|of|at|as)\W+)?([0-9]+(?:\.[0-9]+)?)", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?")


def write_published_trace(trace: Trace, card: Card) -> str:
    """Write a trace with the positions and marks of the published form; :func:`read_published_trace` is its inverse.

    The wording of the conclusion is that of this package: the publication states only that it contains the level.
    """
    moved = {f"{hit.start}-{hit.end}": f"{hit.start + 1}-{hit.end}" for hit in card.hits}
    return f"{THINK}\n{_replaced(trace.reasoning, moved)}\n{THOUGHT}\nActivity level: {trace.level}"


def read_published_trace(text: str, card: Card) -> Trace:
    """Read reasoning in the published form.

    Steps in free text get the role ``"context"``, and as evidence what they name of the card: motifs, families, GC
    content and tags. Steps with roles and citations, as this package writes them, are read back as they were.

    Raises
    ------
    TraceError
        The text has no ``</think>``, not five to seven numbered steps, or no level from 0 to 3 as its conclusion.
    """
    reasoning, mark, conclusion = text.partition(THOUGHT)
    if not mark:
        msg = f"Published reasoning ends with {THOUGHT!r} before its conclusion, found {text[-40:]!r}."
        raise TraceError(msg)
    lines: list[str] = []
    for line in map(str.strip, reasoning.rpartition(THINK)[2].splitlines()):
        if (found := _NUMBERED.fullmatch(line)) and int(found[1]) == len(lines) + 1:
            lines.append(found[2])
        elif lines and line:
            lines[-1] += f" {line}"
    moved = {f"{hit.start + 1}-{hit.end}": f"{hit.start}-{hit.end}" for hit in card.hits}
    steps = tuple(_step(_replaced(line, moved), i, card) for i, line in enumerate(lines, start=1))
    check_length(steps)
    return Trace(steps, _level(conclusion))


def reasoning_prefix(text: str) -> str:
    """Reasoning up to its mark, without the conclusion, as stage 2 reads it; empty without a mark."""
    reasoning, mark, _ = text.partition(THOUGHT)
    return (reasoning + mark).lstrip() if mark else ""


def _replaced(text: str, intervals: Mapping[str, str]) -> str:
    return INTERVALS.sub(lambda found: intervals.get(found[0], found[0]), text)


def _step(text: str, number: int, card: Card) -> Step:
    if _EVIDENCE.search(text):
        return parse_step(f"{number}. {text}", number)
    return Step(text, "context", tuple(_named(text, card)))


def _named(text: str, card: Card) -> list[str]:
    """What a text names of its card. Of several hits of one motif, those whose positions it gives, or else all."""
    named = [hit for hit in card.hits if _mentions(text, hit.name)]
    placed = {hit for hit in named if f"{hit.start}-{hit.end}" in INTERVALS.findall(text)}
    by_place = {hit.name for hit in placed}
    found = [cite(hit) for hit in named if hit in placed or hit.name not in by_place]
    found += [cite_family(family) for family in card.families if family and _mentions(text, family)]
    found += [cite_gc(card)] if _mentions(text, "GC") else []
    return found + [cite_tag(tag) for tag in card.tags if tag in text]


def _mentions(text: str, name: str) -> bool:
    return re.search(rf"(?<!\w)(?<!::){re.escape(name)}(?!\w|::)", text) is not None


def _level(conclusion: str) -> int:
    """The level that a conclusion states: the last number after the word, or the last number."""
    text = _RANGE.sub("", conclusion)
    numbers = _LEVEL.findall(text) or _NUMBER.findall(text)
    if not numbers or not numbers[-1].isdecimal() or int(numbers[-1]) >= LEVELS:
        msg = f"The conclusion must state a level from 0 to {LEVELS - 1}, found {conclusion.strip()[:80]!r}."
        raise TraceError(msg)
    return int(numbers[-1])
