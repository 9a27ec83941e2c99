"""Common words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scgsfm.questions._common_words import CIRCUMSTANCES, DESCRIPTIONS, is_common_word

if TYPE_CHECKING:
    from scgsfm.phenotypes import HPOAnnotations


@pytest.mark.parametrize(
    "word",
    [
        "mapped",
        "Studies",
        "carries",
        "doesn't",
        "patients’",
        "I'm",
        "6-month-old",
        "and/or",
        "2nd",
        "1990s",
        "30%",
        "Likely",
    ],
)
def test_forms(word: str) -> None:
    assert is_common_word(word, adjacent=True)


@pytest.mark.parametrize("word", ["green", "left", "severe", "left-handed", "impaired", "wooden"])
def test_describing_words_are_common_but_change_a_name(word: str) -> None:
    assert is_common_word(word)
    assert not is_common_word(word, adjacent=True)


@pytest.mark.parametrize(
    "word", ["earlobe", "Marfan", "seizures", "FBN1", "HP:0001250", "toes", "liver", "red-tailed-gizmo"]
)
def test_other_words(word: str) -> None:
    assert not is_common_word(word)


def test_lists_of_words_do_not_overlap() -> None:
    assert not CIRCUMSTANCES & DESCRIPTIONS
    assert all(word == word.lower() for word in CIRCUMSTANCES | DESCRIPTIONS)


def test_few_names_are_common_words(hpo: HPOAnnotations) -> None:
    """Names that are a single common word cannot be used in lower case."""
    o = hpo.ontology
    names = {o.names[row].lower() for row in range(len(o)) if o.is_phenotype[row] and " " not in o.names[row]}
    assert {name for name in names if is_common_word(name)} <= {"falls", "self-biting", "self-neglect"}
