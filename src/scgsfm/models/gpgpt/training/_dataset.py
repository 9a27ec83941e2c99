"""What a training step sees: rows of packed texts with masked spans, or instructions and their answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch

from scgsfm.models.gpgpt._tokenizer import ANSWER, FILL, MASK
from scgsfm.models.training._loop import InfiniteBatches

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from ._config import TrainConfig
    from ._corpus import Document

IGNORED = -100
"""The label of tokens that are not predicted."""
_UNIT = re.compile(r"<(?:[a-z]+)>([^<>]*)</[a-z]+>|[^\s<>]+")


class Batch(NamedTuple):
    """Rows of tokens, and the label that each position is to predict: that of the token after it."""

    tokens: Tensor
    labels: Tensor


class Encoder:
    """Turns texts and instructions into tokens by the tokeniser of any model."""

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        self.begin = [] if tokenizer.bos_token_id is None else [tokenizer.bos_token_id]
        self.end = [tokenizer.eos_token_id]

    def tokens(self, text: str) -> list[int]:
        """The tokens of a text alone."""
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    def text(self, text: str) -> list[int]:
        """A whole text."""
        return self.begin + self.tokens(text) + self.end

    def prompt(self, prompt: str) -> list[int]:
        """What an answer follows; a prompt without an instruction is only begun."""
        return self.begin + self.tokens(prompt)

    def instruction(self, prompt: str, answer: str) -> tuple[list[int], int]:
        """An instruction with its answer, and how many tokens come before the answer."""
        before = self.prompt(prompt + ANSWER)
        return before + self.tokens(answer) + self.end, len(before)


def infilled(text: str, rng: np.random.Generator) -> str:
    """The text with one to three spans masked, and the spans behind it: entities, or up to six words."""
    units = list(_UNIT.finditer(text))
    if not units:
        return text
    cuts: list[tuple[int, int]] = []
    for first in sorted(rng.choice(len(units), min(len(units), int(rng.integers(1, 4))), replace=False).tolist()):
        if units[first][1] is not None:
            start, end = units[first].span(1)
        else:
            last = first
            while last + 1 < len(units) and last - first < rng.integers(6) and units[last + 1][1] is None:
                last += 1
            start, end = units[first].start(), units[last].end()
        if start < end and (not cuts or start >= cuts[-1][1]):
            cuts.append((start, end))
    if not cuts:
        return text
    starts, ends = zip(*cuts, strict=True)
    kept = [text[a:b] for a, b in zip((0, *ends), (*starts, len(text)), strict=True)]
    return MASK.join(kept) + FILL + MASK.join(text[start:end] for start, end in cuts)


class Rows(InfiniteBatches[Batch]):
    """Batches of stage 1 without end: texts one after another, cut into rows.

    The batch of a step depends on the seed, the step and the process alone, so that training resumes exactly.
    """

    def __init__(
        self, documents: Sequence[Document], encoder: Encoder, config: TrainConfig, *, rank: int = 0, start: int = 0
    ) -> None:
        self.documents, self.encoder, self.config, self.rank, self.start = documents, encoder, config, rank, start
        self.chance = _chances([document.kind for document in documents], config.mixture)

    def batch(self, step: int) -> Batch:
        """The batch of one step."""
        c = self.config
        rng = np.random.default_rng([c.seed, step, self.rank])
        wanted = c.batch_size * (c.context + 1)
        stream: list[int] = []
        while len(stream) < wanted:
            for place in np.searchsorted(self.chance, rng.random(c.batch_size)).tolist():
                text = self.documents[place].text
                stream += self.encoder.text(infilled(text, rng) if rng.random() < c.infill else text)
        rows = torch.tensor(stream[:wanted]).view(c.batch_size, c.context + 1)
        return Batch(rows[:, :-1], rows[:, 1:])


class Instructions(InfiniteBatches[Batch]):
    """Batches of stage 2 without end: instructions of like lengths, padded; only answers are predicted."""

    def __init__(
        self, documents: Sequence[Document], encoder: Encoder, config: TrainConfig, *, rank: int = 0, start: int = 0
    ) -> None:
        self.documents = sorted(documents, key=lambda document: len(document.prompt) + len(document.text))
        self.encoder, self.config, self.rank, self.start = encoder, config, rank, start
        self.chance = _chances([document.kind for document in self.documents], config.mixture)

    def batch(self, step: int) -> Batch:
        """The batch of one step: drawn from an eighth of the documents, those of like lengths."""
        rng = np.random.default_rng([self.config.seed, step, self.rank])
        window = rng.random() * 7 / 8 + rng.random(self.config.batch_size) / 8
        places = np.minimum(np.searchsorted(self.chance, window), len(self.documents) - 1)
        return padded([self.documents[place] for place in places.tolist()], self.encoder, self.config.context)


def padded(documents: Sequence[Document], encoder: Encoder, context: int) -> Batch:
    """Instructions as rows of one length; answers that reach beyond ``context`` are cut."""
    rows = [encoder.instruction(document.prompt, document.text) for document in documents]
    length = min(max(len(row) for row, _ in rows), context + 1)
    tokens = torch.full((len(rows), length), encoder.end[0])
    labels = torch.full((len(rows), length), IGNORED)
    for i, (row, n_prompt) in enumerate(rows):
        row = row[:length]
        tokens[i, : len(row)] = torch.tensor(row)
        labels[i, n_prompt : len(row)] = tokens[i, n_prompt : len(row)]
    # what pads a row stands behind all that counts, so that causal attention never sees it
    return Batch(tokens[:, :-1], labels[:, 1:])


def validation(documents: Sequence[Document], encoder: Encoder, config: TrainConfig) -> list[Batch]:
    """Fixed batches of held-out documents, one document a row, all tokens of texts predicted."""
    batches = []
    order = sorted(documents, key=lambda document: len(document.prompt) + len(document.text))
    for start in range(0, len(order), config.batch_size):
        some = order[start : start + config.batch_size]
        if some[0].prompt:
            batches.append(padded(some, encoder, config.context))
        else:
            batches.append(_texts([encoder.text(document.text) for document in some], encoder, config.context))
    return batches


def _texts(rows: list[list[int]], encoder: Encoder, context: int) -> Batch:
    length = min(max(map(len, rows)), context + 1)
    tokens = torch.full((len(rows), length), encoder.end[0])
    labels = torch.full((len(rows), length), IGNORED)
    for i, row in enumerate(rows):
        tokens[i, : len(row)] = labels[i, : len(row)] = torch.tensor(row[:length])
    return Batch(tokens[:, :-1], labels[:, 1:])


def _chances(kinds: Sequence[str], mixture: Mapping[str, float]) -> np.ndarray:
    """Where each document ends on a line from 0 to 1; longer stretches are drawn more often."""
    ends = np.cumsum([mixture.get(kind, 1.0) for kind in kinds])
    return ends / ends[-1]
