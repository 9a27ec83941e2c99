"""Question templates for training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from scgsfm.models.gpgpt import QUESTION_KINDS
from scgsfm.models.gpgpt.training._question_templates import QUESTIONS, phrase, with_noise
from scgsfm.questions._entity_linking import EntityLinker

if TYPE_CHECKING:
    from typing import Any

    from scgsfm.phenotypes import HPOAnnotations

SHOWN = {"gene": "FBN1", "hpo": "HP:0001250", "disease": "OMIM:154700"}


def test_there_are_many_structures() -> None:
    assert {kind for kind, _ in QUESTIONS} == set(QUESTION_KINDS)
    for (kind, kinds), structures in QUESTIONS.items():
        assert len(set(structures)) >= 40, (kind, kinds)


def test_every_structure_has_wordings() -> None:
    rng = np.random.default_rng(0)
    for kinds, structures in ((kinds, lines) for (_, kinds), lines in QUESTIONS.items()):
        for structure in structures:
            for _ in range(20):
                text = phrase(structure, rng)
                assert not set("[]|@") & set(text)
                assert [text.count(f"{{{kind}}}") for kind in kinds] == [1] * len(kinds)


def test_all_options_occur() -> None:
    rng = np.random.default_rng(0)
    drawn = {phrase("[Which|What [great|small]] one ?", rng) for _ in range(100)}
    assert drawn == {"Which one?", "What great one?", "What small one?"}
    assert {phrase("[@which|Some]", rng) for _ in range(100)} == {"Which", "What", "Some"}


def test_noise_keeps_the_entities() -> None:
    rng = np.random.default_rng(0)
    question = "How often is {hpo} seen in patients with {disease}?"
    rough = {with_noise(question, rng) for _ in range(300)}
    assert len(rough) > 100
    assert question in rough
    assert all(text.count("{hpo}") == text.count("{disease}") == 1 for text in rough)
    assert any(text[0].islower() for text in rough)
    assert any("patinets" in text or "pateints" in text or "paients" in text or "patiens" in text for text in rough)


@pytest.mark.parametrize("key", QUESTIONS, ids=str)
def test_words_of_templates_are_not_linked(hpo: HPOAnnotations, key: Any) -> None:
    rng, linker = np.random.default_rng(1), EntityLinker(hpo)
    for structure in QUESTIONS[key]:
        question = phrase(structure, rng)
        for kind, name in SHOWN.items():
            question = question.replace(f"{{{kind}}}", name)
        linked = linker.link(question, [])
        assert linked.unknown == "", question
        assert sorted(entity.kind for entity in linked.entities) == sorted(key[1]), question
