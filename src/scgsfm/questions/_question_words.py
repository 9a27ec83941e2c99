"""Misspelled words of questions, such as *simptoms*. Names are left to the lookup."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scgsfm._messages import similar_names

from ._common_words import is_common_word

if TYPE_CHECKING:
    from collections.abc import Collection

_WORD = re.compile(r"[^\W\d_]{5,}")
_SIMILAR = 0.82
"""Least similarity (:meth:`difflib.SequenceMatcher.ratio`) of a misspelled word: one or two letters differ."""
QUESTION_WORDS = (
    "which",
    "genes",
    "disease",
    "diseases",
    "disorder",
    "disorders",
    "conditions",
    "symptom",
    "symptoms",
    "phenotype",
    "phenotypes",
    "features",
    "findings",
    "function",
    "functions",
    "clinical",
    "cause",
    "causes",
    "caused",
    "associated",
    "related",
    "linked",
    "known",
    "mutated",
    "mutation",
    "mutations",
    "variants",
    "responsible",
    "frequently",
    "patients",
    "protein",
    "explain",
    "meaning",
)
"""Words that decide what a question asks for, or that most questions contain."""


def spell(question: str, name_words: Collection[str]) -> str:
    """The question with misspelled :data:`QUESTION_WORDS` corrected.

    Parameters
    ----------
    question
        The question.
    name_words
        Words of known names, in lower case; they are not slips.
    """

    def corrected(match: re.Match[str]) -> str:
        word = match[0]
        plain = word.lower()
        if is_common_word(word) or plain in name_words or word.isupper():
            return word
        return next(iter(similar_names(plain, QUESTION_WORDS, n=1, cutoff=_SIMILAR)), word)

    return _WORD.sub(corrected, question)
