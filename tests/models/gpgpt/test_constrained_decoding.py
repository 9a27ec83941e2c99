"""Constrained decoding: only words of the question in tags are allowed."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("transformers")

from typing import TYPE_CHECKING

from scgsfm.models.gpgpt._constrained_decoding import MAX_ENTITIES, SpanConstraint
from scgsfm.models.gpgpt._encoder import Encoder
from scgsfm.models.gpgpt._tokenizer import by_character, spans

from .test_tokenizer import foreign

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

QUESTION = "Is café-au-lait spot (large) seen with NF1 < 2?"


def walk(question: str, encoder: Encoder, choose: Callable[..., Any]) -> str:
    """The text written if ``choose`` selects one of the allowed tokens at each step."""
    constraint, written = SpanConstraint(question, encoder), list[int]()
    while True:
        token = choose(sorted(constraint.allowed(written)), written)
        if token in encoder.end:
            return encoder.tokenizer.decode(written)
        written.append(token)


@pytest.fixture(params=["package", "foreign"])
def encoder(request: pytest.FixtureRequest, tokenizer: Any) -> Encoder:
    return Encoder(tokenizer if request.param == "package" else by_character(foreign()))


def guided(encoder: Encoder, text: str) -> Callable[..., Any]:
    goal = encoder.tokens(text) + encoder.end

    def choose(may: list[int], written: list[int]) -> int:
        assert goal[len(written)] in may, encoder.tokenizer.decode(goal[: len(written) + 1])
        return goal[len(written)]

    return choose


@pytest.mark.parametrize(
    "text",
    [
        "<gene>NF1</gene>",
        "<hpo>café-au-lait spot</hpo> <gene>NF1</gene>",
        "<disease>café-au-lait spot (large)</disease>",
        "<hpo>(large) seen with NF1 ( 2</hpo>",
        "<hpo>Is</hpo> <hpo>spot</hpo> <disease>2</disease>",
    ],
)
def test_words_of_the_question_are_allowed(encoder: Encoder, text: str) -> None:
    assert walk(QUESTION, encoder, guided(encoder, text)) == text


@pytest.mark.parametrize(
    "text",
    ["<gene>NF2</gene>", "<hpo>caf</hpo>", "<hpo>afé-au</hpo>", "<gene></gene>", "NF1", "<gene>NF1 </gene>", "</s>"],
)
def test_nothing_else_is_allowed(encoder: Encoder, text: str) -> None:
    with pytest.raises(AssertionError):
        walk(QUESTION, encoder, guided(encoder, text))


@pytest.mark.parametrize("seed", range(10))
def test_random_choices_are_words_of_the_question(encoder: Encoder, seed: int) -> None:
    rng = np.random.default_rng(seed)
    text = walk(QUESTION, encoder, lambda may, _: may[rng.integers(len(may))])
    found = spans(text)
    assert 1 <= len(found) <= MAX_ENTITIES
    assert " ".join(f"<{kind}>{words}</{kind}>" for kind, words in found) == text
    assert all(words in QUESTION.replace("<", "(") for _, words in found)
