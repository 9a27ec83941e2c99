"""How questions are worded in training: what is asked, and of which entities. The benchmark asks in words of its own.

The wordings are in ``questions.txt``, one structure a line.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

ASKED = ("genes", "phenotypes", "diseases", "related", "how often", "meaning", "functions")
"""What a question can ask for."""

_FILE = Path(__file__).with_name("questions.txt")
_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_CHOICES = re.compile(r"@(\w+)")


def _read(text: str) -> tuple[dict[tuple[str, tuple[str, ...]], tuple[str, ...]], dict[str, str]]:
    """The structures by what is asked and the kinds of the entities, and the choices that have a name."""
    choices: dict[str, str] = {}
    found: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    structures: list[str] = []
    for line in filter(None, text.split("\n")):
        if line.startswith("== "):
            asked, _, kinds = line.removeprefix("== ").partition(": ")
            structures = found.setdefault((asked, tuple(kinds.split(", "))), [])
        elif named := re.match(r"@(\w+): ", line):
            choices[named[1]] = line[named.end() :]
        elif not line.startswith("#"):
            structures.append(line)
    return {key: tuple(lines) for key, lines in found.items()}, choices


QUESTIONS, _NAMED = _read(_FILE.read_text(encoding="utf-8"))
"""By what is asked and the kinds of the entities."""


def phrase(structure: str, rng: np.random.Generator) -> str:
    """One wording of a structure, its entities still open."""
    # a name stands within a choice, as one more of its options, or by itself
    text = _CHOICES.sub(lambda name: f"[{_NAMED[name[1]]}]", structure)
    while match := _CHOICE.search(text):
        options = match[1].split("|")
        text = text[: match.start()] + options[rng.integers(len(options))] + text[match.end() :]
    return re.sub(r" +([?.,;:])", r"\1", " ".join(text.split()))


def roughened(question: str, rng: np.random.Generator) -> str:
    """The question as people write it: with a word before or after, in a hurry, in small letters, with a slip."""
    chance = rng.random(6)
    if chance[0] < 0.2:
        words = question.split()
        question = " ".join(w for w in words if _is_open(w) or len(w) > 4 or rng.random() < 0.6) or question
    if chance[1] < 0.15:
        words = question.split()
        place = int(rng.integers(len(words)))
        words[place] = words[place] if _is_open(words[place]) else _slipped(words[place], rng)
        question = " ".join(words)
    if chance[2] < 0.25:
        question = phrase("@opening", rng) + " " + question[0].lower() + question[1:]
    if chance[3] < 0.25:
        question = question.rstrip("?.")
    elif chance[3] < 0.35:
        question += " " + phrase("@closing", rng)
    if chance[4] < 0.25:
        question = question[0].lower() + question[1:]
    return question


def _is_open(word: str) -> bool:
    return "{" in word or "<" in word


def _slipped(word: str, rng: np.random.Generator) -> str:
    """The word with a letter left out, doubled, or swapped with the next."""
    if len(word) < 4:
        return word
    at = int(rng.integers(1, len(word) - 1))
    middle = ("", word[at] * 2, word[at + 1] + word[at])[int(rng.integers(3))]
    return word[:at] + middle + word[at + (2 if len(middle) == 2 and middle[0] != middle[1] else 1) :]
