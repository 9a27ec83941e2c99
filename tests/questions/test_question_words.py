"""Misspelled words of questions."""

from __future__ import annotations

import pytest

from scgsfm.questions._question_words import spell


@pytest.mark.parametrize(
    ("question", "corrected"),
    [
        ("What are the simptoms of it?", "What are the symptoms of it?"),
        ("Which diseses does SMAD4 cause?", "Which diseases does SMAD4 cause?"),
        ("Is it asociated with FBN1?", "Is it associated with FBN1?"),
        ("Which genes cause seizures?", "Which genes cause seizures?"),
        ("What is the FUNTION?", "What is the FUNTION?"),  # may be a symbol
    ],
)
def test_spelling(question: str, corrected: str) -> None:
    assert spell(question, frozenset({"seizures"})) == corrected


def test_words_of_names_are_kept() -> None:
    assert spell("funtion", frozenset({"funtion"})) == "funtion"
