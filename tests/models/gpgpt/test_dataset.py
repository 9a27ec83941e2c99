"""Batches of texts and instructions."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
import torch

pytest.importorskip("transformers")

from typing import TYPE_CHECKING

from scgsfm.models.gpgpt import Corpus
from scgsfm.models.gpgpt._encoder import IGNORED, Encoder
from scgsfm.models.gpgpt.training._corpus import READ, TASKS
from scgsfm.models.gpgpt.training._dataset import InstructionBatches, PackedTexts, infilled, padded, validation

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from scgsfm.models.gpgpt import TrainConfig

TEXT = "<gene>FBN1</gene> encodes a member of the fibrillin family, <hpo>Seizure</hpo> is far from it."


@pytest.fixture(scope="module")
def encoder(tokenizer: Any) -> Encoder:
    return Encoder(tokenizer)


@pytest.mark.parametrize("seed", range(30))
def test_masked_spans_follow_the_text(seed: int) -> None:
    made = infilled(TEXT, np.random.default_rng(seed))
    masked, _, spans = made.partition("<fill>")
    hidden = spans.split("<mask>")
    assert 1 <= len(hidden) == masked.count("<mask>") <= 3
    for span in hidden:
        masked = masked.replace("<mask>", span, 1)
        assert span in ("FBN1", "Seizure") or 1 <= len(span.split()) <= 6
    assert masked == TEXT
    assert re.fullmatch(r"(<gene>[^<>]+</gene>|<mask>|.)*", made)


def test_nothing_to_mask() -> None:
    assert infilled("  ", np.random.default_rng(0)) == "  "


def test_rows_are_concatenated_texts(small: Path, encoder: Encoder, tiny: TrainConfig) -> None:
    documents = Corpus.open(small).select(READ, held_out=False)
    batch = PackedTexts(documents, encoder, replace(tiny, infill=0.0, context=300)).batch(3)
    assert batch.tokens.shape == batch.labels.shape == (4, 300)
    assert torch.equal(batch.tokens[:, 1:], batch.labels[:, :-1])
    text = encoder.tokenizer.decode(torch.cat([batch.tokens, batch.labels[:, -1:]], 1).flatten())
    texts = {document.text for document in documents}
    whole = text.removeprefix("<s>").split("</s><s>")[:-1]
    assert len(whole) > 2
    assert set(whole) <= texts


def test_mixture_sets_the_sampling_weights(small: Path, encoder: Encoder, tiny: TrainConfig) -> None:
    documents = Corpus.open(small).select(READ, held_out=False)
    only = PackedTexts(
        documents, encoder, replace(tiny, mixture={"triple": 0.0, "text": 0.0, "question": 0.0}, infill=0.0)
    )
    assert "takes part in" in encoder.tokenizer.decode(only.batch(0).tokens[0])
    assert all(
        d.kind == "statement" for d in documents if d.text in encoder.tokenizer.decode(only.batch(0).tokens.flatten())
    )


@pytest.mark.parametrize(("draws", "kinds"), [(PackedTexts, READ), (InstructionBatches, TASKS)])
def test_steps_are_reproducible(
    small: Path, encoder: Encoder, tiny: TrainConfig, draws: type[Any], kinds: tuple[Any, ...]
) -> None:
    documents = Corpus.open(small).select(kinds, held_out=False)
    resumed = iter(draws(documents, encoder, tiny, start=2))
    one, other = draws(documents, encoder, tiny).batch(2), next(resumed)
    assert torch.equal(one.tokens, other.tokens)
    assert torch.equal(one.labels, other.labels)
    for other in (draws(documents, encoder, tiny).batch(3), draws(documents, encoder, tiny, rank=1).batch(2)):
        assert one.tokens.shape != other.tokens.shape or not torch.equal(one.tokens, other.tokens)


def test_only_answers_are_predicted(small: Path, encoder: Encoder) -> None:
    documents = Corpus.open(small).select(TASKS, held_out=False)[:6]
    batch = padded(documents, encoder, 500)
    for document, tokens, labels in zip(documents, batch.tokens, batch.labels, strict=True):
        answer = labels[labels != IGNORED]
        assert encoder.tokenizer.decode(answer) == document.text + "</s>"
        first = int((labels != IGNORED).nonzero()[0])
        assert encoder.tokenizer.decode(tokens[: first + 1]) == f"<s>{document.prompt}<answer>"


def test_long_answers_are_truncated(small: Path, encoder: Encoder) -> None:
    batch = padded(Corpus.open(small).select(TASKS, held_out=False)[:6], encoder, 10)
    assert batch.tokens.shape == (6, 10)


def test_validation_contains_each_document_once(small: Path, encoder: Encoder, tiny: TrainConfig) -> None:
    documents = Corpus.open(small).select(READ, held_out=True)
    batches = validation(documents, encoder, replace(tiny, context=2000))
    assert sum(len(batch.tokens) for batch in batches) == len(documents)
    n = sum(int((batch.labels != IGNORED).sum()) for batch in batches)
    assert n == sum(len(encoder.text(document.text)) - 1 for document in documents)
