"""The training loop's parts for Lightning: the language model in training, its data, and the report of its progress."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

import pytorch_lightning as pl
import torch
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader

from scgsfm._logging import logger

from ._corpus import READ, TASKS
from ._dataset import IGNORED, Batch, Instructions, Rows, validation

if TYPE_CHECKING:
    from torch import Tensor

    from ._config import TrainConfig
    from ._corpus import Corpus
    from ._dataset import Encoder

MAY_CHANGE = ("steps", "decay", "precision")
"""Settings that a resumed run may change: until the decay begins, a longer run makes the same steps."""


class GPGPTTraining(pl.LightningModule):
    """A causal language model in training; checkpoints keep what is trained, not what is frozen."""

    def __init__(self, module: torch.nn.Module, config: TrainConfig) -> None:
        super().__init__()
        self.module, self.config = module, config
        self.strict_loading = False

    def forward(self, batch: Batch) -> Tensor:
        """The mean loss over the labels that count."""
        return self._losses(batch).sum() / (batch.labels != IGNORED).sum().clamp(min=1)

    def _losses(self, batch: Batch) -> Tensor:
        """Rows × places, 0 where no label counts."""
        logits = self.module(input_ids=batch.tokens, use_cache=False).logits
        wanted = batch.labels.flatten()
        each = cross_entropy(logits.float().flatten(0, 1), wanted, ignore_index=IGNORED, reduction="none")
        return each.view_as(batch.labels)

    def on_train_start(self) -> None:
        """Take the rate of this run where another one went on to here; a checkpoint holds that of its own schedule."""
        schedule: Any = self.lr_schedulers()
        groups = schedule.optimizer.param_groups
        for group, base, rate in zip(groups, schedule.base_lrs, schedule.lr_lambdas, strict=True):
            group["lr"] = base * rate(self.global_step)

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """The loss of one batch; a row counts by the root of its labels, so that a word isn't lost beside a list."""
        root = (batch.labels != IGNORED).sum(1).sqrt()
        loss = (self._losses(batch).sum(1) / root.clamp(min=1)).sum() / root.sum().clamp(min=1)
        self.log("train_loss", loss, prog_bar=True)
        return loss

    def on_train_batch_end(self, outputs: Any, batch: Batch, batch_idx: int) -> None:
        """Stop after the last step by Lightning's way that validates once more."""
        if self.global_step >= self.config.steps:
            self.trainer.should_stop = True

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """The loss on held-out documents, each token alike."""
        n = int((batch.labels != IGNORED).sum())
        self.log("val_loss", self(batch), prog_bar=True, batch_size=n, sync_dist=True)

    def configure_optimizers(self) -> Any:
        """AdamW with linear warm-up, a constant rate and linear decay, by step; vectors aren't decayed."""
        c = self.config

        def rate(step: int) -> float:
            left = max(0.0, 1 - step / c.steps)
            return min(1.0, (step + 1) / max(1, c.warmup)) * min(1.0, 0.02 + left / c.decay)

        trained = [parameter for parameter in self.parameters() if parameter.requires_grad]
        groups = [
            {"params": [p for p in trained if p.ndim > 1], "weight_decay": c.weight_decay},
            {"params": [p for p in trained if p.ndim < 2], "weight_decay": 0.0},
        ]
        optimizer = torch.optim.AdamW(
            [g for g in groups if g["params"]], lr=c.learning_rate, betas=(0.9, 0.95), fused=True
        )
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def configure_gradient_clipping(self, optimizer: Any, *args: Any, **kwargs: Any) -> None:
        """Clip the norm of all gradients at 1; Lightning's own way refuses the fused optimizer."""
        torch.nn.utils.clip_grad_norm_([p for group in optimizer.param_groups for p in group["params"]], 1.0)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Leave the frozen base out."""
        trained = {name for name, parameter in self.named_parameters() if parameter.requires_grad}
        checkpoint["state_dict"] = {key: value for key, value in checkpoint["state_dict"].items() if key in trained}


class GPGPTDataModule(pl.LightningDataModule):
    """Documents for training and validation; a checkpoint refuses to go on with others."""

    def __init__(self, corpus: Corpus, encoder: Encoder, config: TrainConfig, *, stage: int, base: str | None) -> None:
        super().__init__()
        self.encoder, self.config = encoder, config
        self.bound = {**config.as_dict(), "stage": stage, "base": base, "corpus": corpus.info["sha256"]}
        self.kinds = READ if stage == 1 else TASKS
        self.draws: Any = Rows if stage == 1 else Instructions
        self.documents = corpus.select(self.kinds, held_out=False)
        self.held_out = corpus.select(self.kinds, held_out=True)
        if not self.documents or not self.held_out:
            msg = f"data: the corpus has too few documents of the kinds {', '.join(self.kinds)} for stage {stage}."
            raise ValueError(msg)

    def train_dataloader(self) -> Any:
        """Batches from the step on where training stands."""
        module: Any = self.trainer
        rank, start = module.global_rank, module.global_step
        draws: Any = self.draws(self.documents, self.encoder, self.config, rank=rank, start=start)
        return DataLoader(draws, batch_size=None)

    def val_dataloader(self) -> Any:
        """Held-out documents, at most 512."""
        some = self.held_out[:: len(self.held_out) // 512 + 1]
        batches: Any = validation(some, self.encoder, self.config)
        return DataLoader(batches, batch_size=None)

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint is bound to."""
        return self.bound

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Refuse a checkpoint of another run."""
        here = self.bound
        differ = [key for key, value in here.items() if key not in MAY_CHANGE and state_dict.get(key, value) != value]
        if differ:
            found = ", ".join(f"{key} was {state_dict[key]} and is {here[key]}" for key in differ)
            msg = f"out holds checkpoints of another run: {found}. Give another folder, or resume=False to start anew."
            raise ValueError(msg)


class ProgressReport(pl.Callback):
    """A line at each validation, and the seconds of training, counted on when it is resumed."""

    def __init__(self) -> None:
        self.seconds = self.cpu_seconds = 0.0
        self.losses: list[Tensor] = []

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clocks."""
        self.started = time.perf_counter() - self.seconds
        self.cpu_started = time.process_time() - self.cpu_seconds

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Collect the loss."""
        self.losses.append(outputs["loss"].detach())

    def on_validation_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Tell how training stands."""
        self.seconds = time.perf_counter() - self.started
        self.cpu_seconds = time.process_time() - self.cpu_started
        if trainer.is_global_zero:
            logger.info(
                "step %s of %s: held-out loss %.4f, loss %.4f, %.0f s",
                f"{trainer.global_step:,}",
                f"{pl_module.config.steps:,}",
                trainer.callback_metrics["val_loss"],
                torch.stack(self.losses).mean() if self.losses else math.nan,
                self.seconds,
            )
        self.losses = []

    def state_dict(self) -> dict[str, Any]:
        """The seconds until now."""
        return {"seconds": self.seconds, "cpu_seconds": self.cpu_seconds}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """The seconds of the run that is resumed."""
        self.seconds, self.cpu_seconds = state_dict["seconds"], state_dict["cpu_seconds"]
