"""Questions in other languages."""

from __future__ import annotations

import pytest

from scgsfm.questions import is_other_language


@pytest.mark.parametrize(
    "question",
    [
        "Welches Gen verursacht das <disease>?",
        "Quelles maladies sont liées à <gene> ?",
        "¿Qué gen causa <disease>?",
        "Jaki gen powoduje <disease>?",
        "Какой ген вызывает синдром Марфана?",
        "哪个基因导致<disease>?",
    ],
)
def test_other_languages(question: str) -> None:
    assert is_other_language(question)


@pytest.mark.parametrize(
    "question",
    [
        "Which gene causes <disease>?",
        "<gene>?",
        "Is TGF-β signalling a function of <gene>?",
        "genes for <hpo>",
        "Which gene is mutated in <disease> de novo?",
    ],
)
def test_english(question: str) -> None:
    assert not is_other_language(question)
