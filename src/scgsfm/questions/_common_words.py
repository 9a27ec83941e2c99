"""Common English words, which are not names of genes, phenotypes or diseases."""

from __future__ import annotations

import re
from pathlib import Path

_FILE = Path(__file__).with_name("common_words.txt")
_ENDINGS = (
    *((end, "") for end in ("s", "es", "ed", "ing", "ly")),
    *((end, "e") for end in ("es", "ed", "ing")),
    *((end, "y") for end in ("ies", "ied", "ier", "iest", "ily")),
)
_DOUBLED = re.compile(r"([bdgklmnprt])\1(?:ed|ing)")


def _read(text: str) -> list[frozenset[str]]:
    parts = re.split(r"^== .*$", re.sub(r"^#.*$", "", text, flags=re.MULTILINE), flags=re.MULTILINE)[1:]
    return [frozenset(part.split()) for part in parts]


CIRCUMSTANCES, DESCRIPTIONS, SYMBOL_WORDS = _read(_FILE.read_text(encoding="utf-8"))
"""Words that do not change the meaning of an adjacent name, words that do, and other words that are gene symbols, too."""


def is_common_word(word: str, *, adjacent: bool = False) -> bool:
    """Whether a word or a form of it is common; ``adjacent`` to a name, it must not change the meaning of the name."""
    word = word.lower().replace("’", "'")
    if "-" in word or "/" in word:  # 6-month-old, and/or
        parts = [part for part in re.split(r"[-/]", word) if part]
        return word in CIRCUMSTANCES or (bool(parts) and all(is_common_word(p, adjacent=adjacent) for p in parts))
    if re.fullmatch(r"\d+(?:st|nd|rd|th|s|x|yo|y|mo|m|f|%)?", word):  # 2nd, 1990s, 4yo
        return True
    word = word.removesuffix("n't").partition("'")[0]  # I'm, patients', doesn't
    if word in DESCRIPTIONS:
        return not adjacent
    common = CIRCUMSTANCES if adjacent else CIRCUMSTANCES | DESCRIPTIONS
    return word in common or any(form in common for form in _forms(word))


def _forms(word: str) -> list[str]:
    """Words that a word may be a regular form of."""
    forms = [word.removesuffix(end) + rest for end, rest in _ENDINGS if word.endswith(end)]
    if match := _DOUBLED.search(word):  # mapped
        forms.append(word[: match.start() + 1])
    return [form for form in forms if len(form) > 2]
