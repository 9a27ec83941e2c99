"""Questions that must be declined, names with slips, and ordinary questions that must not be declined.

Every third question of each file was kept aside while the rules were written.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from scgsfm.models.gpgpt.training import QUESTIONS
from scgsfm.models.gpgpt.training._question_templates import phrase
from scgsfm.phenotypes import approved_symbol
from scgsfm.questions._decline_reason import decline_reason
from scgsfm.questions._entity_linking import EntityLinker

if TYPE_CHECKING:
    from scgsfm.phenotypes import HPOAnnotations


def questions(name: str) -> list[list[str]]:
    lines = (Path(__file__).parent / "questions" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(set(lines)) == 60
    return [line.split("\t") for line in lines]


@pytest.fixture(scope="module")
def linker(hpo: HPOAnnotations) -> EntityLinker:
    return EntityLinker(hpo, approved_symbol)


def is_declined(linker: EntityLinker, question: str) -> bool:
    linked = linker.link(question, [])
    kinds = tuple(entity.kind for entity in linked.entities)
    return bool(linked.unknown or not kinds or decline_reason(linked.template, kinds))


@pytest.mark.parametrize("name", ["turned_round", "outside"])
def test_questions_without_an_answer_are_declined(linker: EntityLinker, name: str) -> None:
    assert [question for (question,) in questions(name) if not is_declined(linker, question)] == []


def test_ordinary_questions_are_not_declined(linker: EntityLinker) -> None:
    wrong = []
    for question, _, entities in questions("ordinary"):
        found = [entity.name for entity in linker.link(question, []).entities]
        if is_declined(linker, question) or sorted(found) != sorted(entities.split()):
            wrong.append(question)
    assert wrong == []


def test_misspelled_names_are_read_or_declined(linker: EntityLinker) -> None:
    missed = []
    for question, entity in questions("misspelt"):
        if is_declined(linker, question):
            missed.append(question)
        else:
            assert entity in [one.name for one in linker.link(question, []).entities], question
    assert len(missed) <= 3, missed


def test_few_of_the_wordings_of_training_are_declined() -> None:
    rng = np.random.default_rng(0)
    wordings = [
        (kinds, phrase(line, rng)) for (_, kinds), lines in QUESTIONS.items() for line in lines for _ in range(2)
    ]
    declined = [text for kinds, text in wordings if decline_reason(re.sub(r"\{(\w+)\}", r"<\1>", text), kinds)]
    assert len(declined) < 0.02 * len(wordings), declined
