"""The training loop's parts for Lightning: the network in training, its data, and the report of its progress."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader

from scgsfm._logging import logger
from scgsfm.models.gsfm._gsfm import GSFM
from scgsfm.models.gsfm._modules import build_module

from ._dataset import SetSampler
from ._losses import bernoulli, multinomial
from ._validation import median_auroc

if TYPE_CHECKING:
    from torch import Tensor

    from ._config import TrainConfig
    from ._corpus import Corpus
    from ._dataset import Batch
    from ._validation import HeldOut

BESIDE = (
    *("neighbours", "neighbour_weight", "neighbour_floor", "neighbour_coherence", "neighbour_groups"),
    *("recall", "recall_weight"),
)
"""Settings that concern the finished model, not the training of its network."""
MAY_CHANGE = ("steps", "restart", *BESIDE)
"""Settings that a resumed run may change: how long it goes on, and what concerns the finished model."""


class GSFMTraining(pl.LightningModule):
    """A network in training, without what stands beside it when it is finished."""

    def __init__(self, config: TrainConfig, genes: list[str], held_out: HeldOut) -> None:
        super().__init__()
        self.config, self.genes, self.held_out = config, genes, held_out
        torch.manual_seed(config.seed)
        self.network = build_module(replace(config, neighbours=0, recall=0).model(len(genes)))

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        """Make dropout depend on the seed, the step and the process alone, so that training resumes exactly."""
        state = np.random.SeedSequence([self.config.seed, self.global_step, self.global_rank])
        torch.manual_seed(int(state.generate_state(1, np.uint64)[0]))

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """The objective of one batch."""
        c = self.config
        if c.objective == "multinomial":
            loss = multinomial(self.network, batch, size_power=c.size_power)
        else:
            loss = bernoulli(self.network, batch, weighted_loss=c.weighted_loss)
        self.log("train_loss", loss, prog_bar=True)
        return loss

    def on_train_batch_end(self, outputs: Any, batch: Batch, batch_idx: int) -> None:
        """Stop after the last step by Lightning's way that validates once more."""
        if self.global_step >= self.config.steps:
            self.trainer.should_stop = True

    def validation_step(self, batch: Any, batch_idx: int) -> None:
        """Median AUROC of the hidden halves of held-out sets; every process computes all of it."""
        if not all(parameter.isfinite().all() for parameter in self.network.parameters()):
            msg = f"learning_rate={self.config.learning_rate}: the weights overflowed by step {self.global_step:,}; lower it."
            raise ValueError(msg)
        score = median_auroc(GSFM(self.network, self.genes), self.held_out)
        self.log("val_auroc", score, prog_bar=True, batch_size=1, sync_dist=True)

    def configure_optimizers(self) -> Any:
        """Adam with linear warm-up and one or two cosine decays, by step."""
        c = self.config

        def rate(step: int) -> float:
            again = 0 < c.restart <= step
            begin, end, peak = (c.restart, c.steps, 0.5) if again else (0, min(c.restart or c.steps, c.steps), 1.0)
            progress = min(1.0, (step - begin) / max(1, end - begin))
            warm = min(1.0, (step + 1) / max(1, c.warmup))
            return peak * warm * (0.02 + 0.49 * (1 + math.cos(math.pi * progress)))

        trained = [parameter for parameter in self.parameters() if parameter.requires_grad]
        optimizer = torch.optim.Adam(trained, lr=c.learning_rate, betas=(0.9, 0.99), fused=True)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


class GSFMDataModule(pl.LightningDataModule):
    """Draws for training, and one batch of nothing that triggers a validation.

    A checkpoint keeps the settings and the corpus, and refuses to go on with others.
    """

    def __init__(self, corpus: Corpus, train: np.ndarray, config: TrainConfig) -> None:
        super().__init__()
        self.corpus, self.train, self.config = corpus, train, config

    def train_dataloader(self) -> Any:
        """Batches from the step on where training stands."""
        module: Any = self.trainer
        draws = SetSampler(self.corpus, self.train, self.config, rank=module.global_rank, start=module.global_step)
        return DataLoader(draws, batch_size=None)

    def val_dataloader(self) -> Any:
        """One batch, to be ignored."""
        return [0]

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint is bound to."""
        return {**self.config.as_dict(), "corpus": self.corpus.info["sha256"]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Refuse a checkpoint of another run."""
        here = self.state_dict()
        differ = [key for key, value in here.items() if key not in MAY_CHANGE and state_dict.get(key, value) != value]
        if differ:
            found = ", ".join(f"{key} was {state_dict[key]} and is {here[key]}" for key in differ)
            msg = f"out holds checkpoints of another run: {found}. Give another folder, or resume=False to start anew."
            raise ValueError(msg)


class ProgressReport(pl.Callback):
    """A line at each validation, and the seconds of training, counted on when it is resumed."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.losses: list[Tensor] = []

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clocks."""
        self.started = time.perf_counter() - self.seconds
        self._restart(trainer)

    def _restart(self, trainer: pl.Trainer) -> None:
        self.since, self.first, self.losses = time.perf_counter(), trainer.global_step, []

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Collect the loss."""
        self.losses.append(outputs["loss"].detach())

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Measure the speed of training alone."""
        self.speed = (trainer.global_step - self.first) / (time.perf_counter() - self.since)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Tell how training stands."""
        self.seconds = time.perf_counter() - self.started
        if trainer.is_global_zero and trainer.progress_bar_callback is None:
            logger.info(
                "step %s of %s: val_auroc %.4f, loss %.4f, %s sets/s",
                f"{trainer.global_step:,}",
                f"{trainer.max_steps:,}",
                trainer.callback_metrics["val_auroc"],
                torch.stack(self.losses).mean() if self.losses else math.nan,
                f"{self.speed * pl_module.config.batch_size * trainer.world_size:,.0f}",
            )
        self._restart(trainer)

    def state_dict(self) -> dict[str, Any]:
        """The seconds until now."""
        return {"seconds": self.seconds}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """The seconds of the run that is resumed."""
        self.seconds = state_dict["seconds"]
