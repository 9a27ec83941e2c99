"""The two stages of R3LM: write reasoning from a card, and predict activity from card and reasoning."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss
from torch.utils.data import DataLoader, Dataset

from scgsfm._unfinished import unfinished
from scgsfm.models.r3lm._backbone import ABOUT, ADAPTER, HEAD, Backbone, Reader, save_text, with_adapter
from scgsfm.models.r3lm._decoder import Regressor
from scgsfm.models.r3lm._generation import reader_inputs
from scgsfm.models.r3lm._stage_config import StageConfig
from scgsfm.models.r3lm._tokenizer import padded
from scgsfm.models.training._loop import fit, make_trainer, quiet
from scgsfm.models.training._progress_report import ProgressReport
from scgsfm.models.training._schedule import cosine_decay, warmup_schedule
from scgsfm.models.training._training_module import TrainingModule

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    import numpy as np
    from torch.optim import Optimizer
    from torch.optim.lr_scheduler import LRScheduler

    from scgsfm.models.r3lm._backbone import Text
    from scgsfm.regulatory import Examples

IGNORED = -100


class TokenizedExamples(Dataset[Any]):
    """Token ids of examples, the lengths of their prompts, and their activities."""

    def __init__(self, ids: Sequence[list[int]], prompts: Sequence[int], activity: np.ndarray) -> None:
        self.items = list(zip(ids, prompts, activity.tolist(), strict=True))

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, i: int) -> tuple[list[int], int, float]:
        return self.items[i]


class StageTraining(TrainingModule):
    """A language model in a stage of the training."""

    def __init__(self, network: nn.Module, loss: Callable[..., Tensor], config: StageConfig, steps: int) -> None:
        super().__init__(network, config.seed)
        self.loss_of, self.config, self.steps = loss, config, steps

    def loss(self, batch: tuple[Tensor, ...]) -> Tensor:
        """The loss of the stage."""
        return self.loss_of(self.network, *batch)

    def optimizer(self) -> Optimizer:
        """AdamW."""
        c = self.config
        return torch.optim.AdamW(self.trained, lr=c.learning_rate, weight_decay=c.weight_decay)

    def schedule(self, optimizer: Optimizer) -> LRScheduler:
        """Linear warm-up, then cosine decay."""
        warmup = max(int(self.config.warmup * self.steps), 1)
        return warmup_schedule(optimizer, warmup, partial(cosine_decay, begin=warmup, end=self.steps))


def train_stage1(model: nn.Module, text: Text, examples: Examples, config: StageConfig, **trainer: Any) -> nn.Module:
    """Train a language model to write the gold trace of a card; the loss excludes the card.

    Parameters
    ----------
    model
        A causal language model of ``transformers``.
    text
        The tokenizer of cards and traces.
    examples
        Cards and traces.
    config
        The settings.
    trainer
        Options of Lightning's Trainer, such as ``accelerator`` or ``precision``.

    Returns
    -------
    The model, with the adapter merged into it.
    """
    if config.finetune == "freeze":
        msg = "finetune='freeze' trains the regression head only, which stage 1 does not have."
        raise ValueError(msg)
    prompts = [text.card(card) for card in examples.cards]
    pairs = zip(prompts, examples.traces, examples.cards, strict=True)
    ids = [prompt + text.trace(trace, card) for prompt, trace, card in pairs]
    torch.manual_seed(config.seed)  # an adapter is drawn
    network = with_adapter(model, config)
    rows = TokenizedExamples(ids, [*map(len, prompts)], examples.activity)
    _fit(network, rows, text, _writing_loss, config, trainer)
    return network.merge_and_unload() if config.adapts else network  # type: ignore[operator]


def train_stage2(model: nn.Module, text: Text, examples: Examples, config: StageConfig, **trainer: Any) -> Reader:
    """Train a language model with a regression head to predict activity from card and reasoning.

    Parameters
    ----------
    model
        The model of stage 1; it writes the reasoning if ``config.mode`` is ``"generated"``.
    text
        The tokenizer of cards and traces.
    examples
        Cards, activities, and gold traces for ``"gold"``.
    config
        The settings.
    trainer
        Options of Lightning's Trainer.
    """
    rows = reader_inputs(model, text, examples.cards, config, gold=examples.traces)
    torch.manual_seed(config.seed)  # an adapter and a head are drawn
    backbone = Backbone(with_adapter(model.model, config), text.pad)  # type: ignore[arg-type]
    reader = Reader(backbone, model.config.hidden_size)  # type: ignore[union-attr, arg-type]
    _fit(reader, TokenizedExamples(rows, [*map(len, rows)], examples.activity), text, _reading_loss, config, trainer)
    return reader.eval()


def save_stage(folder: str | os.PathLike[str], network: nn.Module, text: Text, about: dict[str, Any]) -> Path:
    """Write a stage: a model of ``transformers``, or an adapter and a regression head, with its description.

    To load an adapter, its base is required, which ``adapter/adapter_config.json`` names.
    """
    import safetensors.torch

    with unfinished(Path(folder)) as path:
        save_text(text, path)
        if isinstance(network, Regressor):
            body, config = network.text_model.model, StageConfig(**about["config"])
            if config.finetune != "freeze":  # a frozen body is that of the base
                body.save_pretrained(path / ADAPTER if config.adapts else path)  # type: ignore[operator, union-attr]
            head = {key: value.contiguous() for key, value in network.state_dict().items() if key.startswith("reg_")}
            safetensors.torch.save_file(head, path / HEAD)
        else:
            network.save_pretrained(path)  # type: ignore[operator]
        (path / ABOUT).write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    return path


def _fit(
    network: nn.Module,
    examples: TokenizedExamples,
    text: Text,
    loss: Callable[..., Tensor],
    config: StageConfig,
    options: dict[str, Any],
) -> None:
    torch.manual_seed(config.seed)
    order = torch.Generator().manual_seed(config.seed)
    loader = DataLoader(
        examples, config.batch_size, shuffle=True, generator=order, collate_fn=_Collate(text.pad, config)
    )
    steps = config.epochs * -(-len(loader) // config.accumulate)
    with quiet(), torch.random.fork_rng():
        trainer = make_trainer(
            max_epochs=config.epochs,
            accumulate_grad_batches=config.accumulate,
            gradient_clip_val=config.clip,
            **{"callbacks": [ProgressReport(batch_size=config.batch_size)]} | options,
        )
        fit(trainer, StageTraining(network.train(), loss, config, steps), loader)
    network.eval()


class _Collate:
    """Convert rows to tensors: ids padded on the right, lengths, lengths of prompts, activities."""

    def __init__(self, pad: int, config: StageConfig) -> None:
        self.pad, self.longest = pad, config.max_length + config.max_new

    def __call__(self, items: list[tuple[list[int], int, float]]) -> tuple[Tensor, ...]:
        rows, prompts, activity = zip(*items, strict=True)
        ids, lengths = padded([row[: self.longest] for row in rows], self.pad)
        return torch.from_numpy(ids), torch.from_numpy(lengths), torch.tensor(prompts), torch.tensor(activity)


def _writing_loss(model: nn.Module, ids: Tensor, lengths: Tensor, prompts: Tensor, _: Tensor) -> Tensor:
    position = torch.arange(ids.shape[1], device=ids.device)
    learned = (position >= prompts[:, None]) & (position < lengths[:, None])
    labels = ids.masked_fill(~learned, IGNORED)
    seen = (position < lengths[:, None]).long()
    logits = model(input_ids=ids, attention_mask=seen).logits
    return cross_entropy(logits[:, :-1].flatten(0, 1).float(), labels[:, 1:].flatten(), ignore_index=IGNORED)


def _reading_loss(reader: nn.Module, ids: Tensor, lengths: Tensor, _: Tensor, activity: Tensor) -> Tensor:
    return mse_loss(reader(ids, lengths), activity)
