"""GP-GPT in training: the language model, its loss and its optimization."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.functional import cross_entropy

from scgsfm.models.gpgpt._encoder import IGNORED
from scgsfm.models.training._data_module import DataModule
from scgsfm.models.training._schedule import linear_decay, warmup_schedule
from scgsfm.models.training._training_module import TrainingModule, decay_groups

from ._corpus import READ, TASKS
from ._dataset import InstructionBatches, PackedTexts, TokenBatch, validation

if TYPE_CHECKING:
    from torch import Tensor
    from torch.optim import Optimizer
    from torch.optim.lr_scheduler import LRScheduler

    from scgsfm.models.gpgpt._encoder import Encoder

    from ._config import TrainConfig
    from ._corpus import Corpus, Document

MAY_CHANGE = ("steps", "decay", "precision")
"""Settings that a resumed run may change: until the decay begins, a longer run takes the same steps."""


class GPGPTTraining(TrainingModule):
    """A causal language model in training; checkpoints contain the trained parameters without the frozen ones."""

    def __init__(self, module: torch.nn.Module, config: TrainConfig) -> None:
        super().__init__(module, config.seed)
        self.config = config
        self.strict_loading = False

    def forward(self, batch: TokenBatch) -> Tensor:
        """The mean loss over all predicted tokens."""
        return self._token_losses(batch).sum() / (batch.labels != IGNORED).sum().clamp(min=1)

    def _token_losses(self, batch: TokenBatch) -> Tensor:
        """Rows × positions, 0 where nothing is predicted."""
        logits = self.network(input_ids=batch.tokens, use_cache=False).logits
        labels = batch.labels.flatten()
        each = cross_entropy(logits.float().flatten(0, 1), labels, ignore_index=IGNORED, reduction="none")
        return each.view_as(batch.labels)

    def loss(self, batch: TokenBatch) -> Tensor:
        """The loss of one batch; a row weighs the root of its labels, so that long answers do not dominate short ones."""
        root = (batch.labels != IGNORED).sum(1).sqrt()
        return (self._token_losses(batch).sum(1) / root.clamp(min=1)).sum() / root.sum().clamp(min=1)

    def validation_step(self, batch: TokenBatch, _batch_idx: int) -> None:
        """The loss on held-out documents; all tokens weigh the same."""
        n = int((batch.labels != IGNORED).sum())
        self.log("val_loss", self(batch), prog_bar=True, batch_size=n, sync_dist=True)

    def optimizer(self) -> Optimizer:
        """AdamW."""
        c = self.config
        groups = decay_groups(self.trained, c.weight_decay)
        return torch.optim.AdamW(groups, lr=c.learning_rate, betas=(0.9, 0.95), fused=True)

    def schedule(self, optimizer: Optimizer) -> LRScheduler:
        """Linear warm-up, a constant rate, and linear decay."""
        c = self.config
        return warmup_schedule(optimizer, c.warmup, partial(linear_decay, end=c.steps, share=c.decay))

    def configure_gradient_clipping(self, optimizer: Any, *_: Any, **__: Any) -> None:
        """Clip the norm of all gradients at 1; Lightning does not clip for a fused optimizer."""
        torch.nn.utils.clip_grad_norm_([p for group in optimizer.param_groups for p in group["params"]], 1.0)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Drop the frozen base."""
        trained = {name for name, parameter in self.named_parameters() if parameter.requires_grad}
        checkpoint["state_dict"] = {key: value for key, value in checkpoint["state_dict"].items() if key in trained}


def data_module(
    corpus: Corpus, encoder: Encoder, config: TrainConfig, *, stage: int, base: str | None
) -> tuple[DataModule, list[Document]]:
    """The documents of a stage for training and, at most 512 of them, for validation; and all held-out documents."""
    kinds = READ if stage == 1 else TASKS
    documents, held_out = corpus.select(kinds, held_out=False), corpus.select(kinds, held_out=True)
    if not documents or not held_out:
        msg = f"data: the corpus has too few documents of the kinds {', '.join(kinds)} for stage {stage}."
        raise ValueError(msg)
    data = DataModule(
        partial(PackedTexts if stage == 1 else InstructionBatches, documents, encoder, config),
        validation(held_out[:: len(held_out) // 512 + 1], encoder, config),
        bound_to={**config.as_dict(), "stage": stage, "base": base, "corpus": corpus.info["sha256"]},
        may_change=MAY_CHANGE,
    )
    return data, held_out
