"""Question templates for training. The benchmark uses its own questions.

The templates are in ``questions.txt``, one structure per line.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

_FILE = Path(__file__).with_name("questions.txt")
_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_CHOICES = re.compile(r"@(\w+)")


def _read(text: str) -> tuple[dict[tuple[str, tuple[str, ...]], tuple[str, ...]], dict[str, str]]:
    """Structures by kind of question and kinds of entities, and named choices."""
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
"""Structures by kind of question and kinds of entities."""


def phrase(structure: str, rng: np.random.Generator) -> str:
    """A random wording of a structure with placeholders for the entities."""
    # a named choice may be an option of another choice
    text = _CHOICES.sub(lambda name: f"[{_NAMED[name[1]]}]", structure)
    while match := _CHOICE.search(text):
        options = match[1].split("|")
        text = text[: match.start()] + options[rng.integers(len(options))] + text[match.end() :]
    return re.sub(r" +([?.,;:])", r"\1", " ".join(text.split()))


def with_noise(question: str, rng: np.random.Generator) -> str:
    """The question with dropped words, a typo, an opening or closing, or lower case, each at random."""
    chance = rng.random(6)
    if chance[0] < 0.2:
        words = question.split()
        question = " ".join(w for w in words if _is_placeholder(w) or len(w) > 4 or rng.random() < 0.6) or question
    if chance[1] < 0.15:
        words = question.split()
        i = int(rng.integers(len(words)))
        words[i] = words[i] if _is_placeholder(words[i]) else _with_typo(words[i], rng)
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


def _is_placeholder(word: str) -> bool:
    return "{" in word or "<" in word


def _with_typo(word: str, rng: np.random.Generator) -> str:
    """The word with a letter omitted, doubled, or swapped with the next."""
    if len(word) < 4:
        return word
    at = int(rng.integers(1, len(word) - 1))
    middle = ("", word[at] * 2, word[at + 1] + word[at])[int(rng.integers(3))]
    return word[:at] + middle + word[at + (2 if len(middle) == 2 and middle[0] != middle[1] else 1) :]
