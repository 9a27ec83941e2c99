"""Batches of both stages: packed texts with masked spans, and instructions with their answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from scgsfm.models.gpgpt._encoder import IGNORED
from scgsfm.models.gpgpt._tokenizer import FILL, MASK
from scgsfm.models.training._loop import InfiniteBatches

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from scgsfm.models.gpgpt._encoder import Encoder

    from ._config import TrainConfig
    from ._corpus import Document

_UNIT = re.compile(r"<(?:[a-z]+)>([^<>]*)</[a-z]+>|[^\s<>]+")


class TokenBatch(NamedTuple):
    """Rows of tokens, and the label of each position: the next token."""

    tokens: Tensor
    labels: Tensor


def infilled(text: str, rng: np.random.Generator) -> str:
    """Mask one to three spans (entities, or up to six words) and append them to the text :cite:p:`Bavarian2022`."""
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


class PackedTexts(InfiniteBatches[TokenBatch]):
    """Infinite batches of stage 1: concatenated texts, split into rows.

    A batch depends only on the seed, the step and the process, so that training resumes exactly.
    """

    def __init__(
        self, documents: Sequence[Document], encoder: Encoder, config: TrainConfig, *, rank: int = 0, start: int = 0
    ) -> None:
        self.documents, self.encoder, self.config, self.rank, self.start = documents, encoder, config, rank, start
        self.cumulative = _cumulative_weights([document.kind for document in documents], config.mixture)

    def batch(self, step: int) -> TokenBatch:
        """The batch of a step."""
        c = self.config
        rng = np.random.default_rng([c.seed, step, self.rank])
        wanted = c.batch_size * (c.context + 1)
        stream: list[int] = []
        while len(stream) < wanted:
            for row in np.searchsorted(self.cumulative, rng.random(c.batch_size)).tolist():
                text = self.documents[row].text
                stream += self.encoder.text(infilled(text, rng) if rng.random() < c.infill else text)
        rows = torch.tensor(stream[:wanted]).view(c.batch_size, c.context + 1)
        return TokenBatch(rows[:, :-1], rows[:, 1:])


class InstructionBatches(InfiniteBatches[TokenBatch]):
    """Infinite batches of stage 2: padded instructions of similar lengths; only answers are predicted."""

    def __init__(
        self, documents: Sequence[Document], encoder: Encoder, config: TrainConfig, *, rank: int = 0, start: int = 0
    ) -> None:
        self.documents = sorted(documents, key=lambda document: len(document.prompt) + len(document.text))
        self.encoder, self.config, self.rank, self.start = encoder, config, rank, start
        self.cumulative = _cumulative_weights([document.kind for document in self.documents], config.mixture)

    def batch(self, step: int) -> TokenBatch:
        """The batch of a step, sampled from an eighth of the documents, which have similar lengths."""
        rng = np.random.default_rng([self.config.seed, step, self.rank])
        window = rng.random() * 7 / 8 + rng.random(self.config.batch_size) / 8
        rows = np.minimum(np.searchsorted(self.cumulative, window), len(self.documents) - 1)
        return padded([self.documents[row] for row in rows.tolist()], self.encoder, self.config.context)


def padded(documents: Sequence[Document], encoder: Encoder, context: int) -> TokenBatch:
    """Instructions as rows of equal length; answers are truncated at ``context``."""
    rows = [encoder.instruction(document.prompt, document.text) for document in documents]
    length = min(max(len(row) for row, _ in rows), context + 1)
    tokens = torch.full((len(rows), length), encoder.end[0])
    labels = torch.full((len(rows), length), IGNORED)
    for i, (row, n_prompt) in enumerate(rows):
        end = min(len(row), length)
        tokens[i, :end] = torch.tensor(row[:end])
        labels[i, n_prompt:end] = tokens[i, n_prompt:end]
    # padding comes last, so that causal attention never reads it
    return TokenBatch(tokens[:, :-1], labels[:, 1:])


def validation(documents: Sequence[Document], encoder: Encoder, config: TrainConfig) -> list[TokenBatch]:
    """Fixed batches of held-out documents, one per row; all tokens of texts are predicted."""
    batches = []
    order = sorted(documents, key=lambda document: len(document.prompt) + len(document.text))
    for start in range(0, len(order), config.batch_size):
        some = order[start : start + config.batch_size]
        if some[0].prompt:
            batches.append(padded(some, encoder, config.context))
        else:
            batches.append(_texts([encoder.text(document.text) for document in some], encoder, config.context))
    return batches


def _texts(rows: list[list[int]], encoder: Encoder, context: int) -> TokenBatch:
    length = min(max(map(len, rows)), context + 1)
    tokens = torch.full((len(rows), length), encoder.end[0])
    labels = torch.full((len(rows), length), IGNORED)
    for i, row in enumerate(rows):
        tokens[i, : len(row)] = labels[i, : len(row)] = torch.tensor(row[:length])
    return TokenBatch(tokens[:, :-1], labels[:, 1:])


def _cumulative_weights(kinds: Sequence[str], mixture: Mapping[str, float]) -> np.ndarray:
    """Cumulative sampling probabilities of documents."""
    ends = np.cumsum([mixture.get(kind, 1.0) for kind in kinds])
    cumulative: np.ndarray = ends / ends[-1]
    return cumulative
