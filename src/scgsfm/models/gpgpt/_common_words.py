"""Common English words, which name no gene, phenotype or disease."""

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


CIRCUMSTANCES, DESCRIPTIONS = _read(_FILE.read_text(encoding="utf-8"))
"""Words that say nothing of a name beside them, and words that would change it."""


def is_common_word(word: str, *, beside_name: bool = False) -> bool:
    """Whether a word is a common one, in any of its forms; beside a name also that it doesn't describe this."""
    word = word.lower().replace("’", "'")
    if "-" in word or "/" in word:  # 6-month-old, and/or
        parts = [part for part in re.split(r"[-/]", word) if part]
        return word in CIRCUMSTANCES or (bool(parts) and all(is_common_word(p, beside_name=beside_name) for p in parts))
    if re.fullmatch(r"\d+(?:st|nd|rd|th|s|x|yo|y|mo|m|f|%)?", word):  # 2nd, 1990s, 4yo
        return True
    word = word.removesuffix("n't").partition("'")[0]  # I'm, patients', doesn't
    if word in DESCRIPTIONS:
        return not beside_name
    known = CIRCUMSTANCES if beside_name else CIRCUMSTANCES | DESCRIPTIONS
    return word in known or any(form in known for form in _forms(word))


def _forms(word: str) -> list[str]:
    """What a word may be a regular form of."""
    found = [word.removesuffix(end) + rest for end, rest in _ENDINGS if word.endswith(end)]
    if match := _DOUBLED.search(word):  # mapped
        found.append(word[: match.start() + 1])
    return [form for form in found if len(form) > 2]
