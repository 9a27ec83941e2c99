"""Train the card branch of the activity network; used by r3lm_mini."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss
from torch.optim.swa_utils import AveragedModel
from torch.utils.data import IterableDataset

from scgsfm.models.training import (
    DataModule,
    ProgressReport,
    TrainingModule,
    checkpoints,
    decay_groups,
    fit,
    make_trainer,
    quiet,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from torch.optim import Optimizer
    from torch.optim.lr_scheduler import LRScheduler


@dataclass(frozen=True)
class BranchConfig:
    """Settings of the training: AdamW, one cycle of the learning rate, running average of the weights."""

    epochs: int
    learning_rate: float = 3e-3
    batch_size: int = 128
    weight_decay: float = 0.05
    warmup: float = 0.2
    average: float = 0.997
    clip: float = 5.0
    precision: str = "bf16-mixed"
    seed: int = 0


class Batches(IterableDataset[tuple[Tensor, Tensor]]):
    """The batches of an epoch, that of the step ``start``, in random order."""

    def __init__(
        self, inputs: np.ndarray, targets: np.ndarray, config: BranchConfig, *, rank: int = 0, start: int = 0
    ) -> None:
        self.inputs, self.targets, self.config, self.rank = inputs, targets, config, rank
        self.epoch = start // max(1, len(self))

    def __len__(self) -> int:
        return len(self.inputs) // self.config.batch_size

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        size = self.config.batch_size
        order = np.random.default_rng([self.config.seed, self.epoch]).permutation(len(self.inputs))
        for step in range(len(self)):
            rows = order[step * size : (step + 1) * size]
            yield torch.from_numpy(self.inputs[rows]), torch.from_numpy(self.targets[rows])


class BranchTraining(TrainingModule):
    """A branch in training, and the running average of its weights."""

    def __init__(self, branch: nn.Module, config: BranchConfig, steps: int) -> None:
        super().__init__(branch, config.seed)
        self.config, self.steps = config, steps
        self.average = AveragedModel(branch, multi_avg_fn=running_average(config.average), use_buffers=True)

    def loss(self, batch: tuple[Tensor, Tensor]) -> Tensor:
        """Mean squared error."""
        x, y = batch
        return mse_loss(self.network(x).float(), y)

    def on_train_batch_end(self, *_: Any) -> None:
        self.average.update_parameters(self.network)

    def optimizer(self) -> Optimizer:
        """AdamW."""
        c = self.config
        return torch.optim.AdamW(decay_groups(self.trained, c.weight_decay), lr=c.learning_rate)

    def schedule(self, optimizer: Optimizer) -> LRScheduler:
        """One cycle, which also lowers the momentum while the rate is high."""
        c = self.config
        return torch.optim.lr_scheduler.OneCycleLR(
            optimizer, c.learning_rate, total_steps=self.steps, pct_start=c.warmup, div_factor=10, final_div_factor=100
        )


def train_branch(
    branch: nn.Module,
    inputs: np.ndarray,
    targets: np.ndarray,
    config: BranchConfig,
    out: Path,
    *,
    measure: Callable[[nn.Module], float] | None = None,
) -> nn.Module:
    """Train a branch; an interrupted training resumes from its last epoch.

    Parameters
    ----------
    branch
        The branch.
    inputs
        Features of the cards of sequences (float32, sequences × features).
    targets
        Activities in units of their standard deviation (float32, sequences × cell types).
    config
        The settings.
    out
        Directory of the checkpoint.
    measure
        Computes Pearson's r of the averaged branch, reported after each epoch.

    Returns
    -------
    The branch with averaged weights.
    """
    steps = config.epochs * len(Batches(inputs, targets, config))
    data = DataModule(
        partial(Batches, inputs, targets, config),
        bound_to={**asdict(config), "steps": steps},
    )
    with quiet(), torch.random.fork_rng():
        module = BranchTraining(branch, config, steps)
        report = ProgressReport(
            batch_size=config.batch_size,
            measure=None if measure is None else lambda: f"r {measure(module.average.module.eval()):.4f}",
        )
        trainer = make_trainer(
            max_epochs=config.epochs,
            precision=config.precision,
            gradient_clip_val=config.clip,
            callbacks=[report, checkpoints(out, save_top_k=1, save_on_train_epoch_end=True)],
            reload_dataloaders_every_n_epochs=1,
            use_distributed_sampler=False,
        )
        fit(trainer, module, data, out / "last.ckpt")
    return module.average.module.eval()


def running_average(decay: float) -> Callable[[Any, Any, Any], None]:
    """An exponential moving average with a warm-up: otherwise the initial values would remain in the variances."""

    @torch.no_grad()
    def update(averages: Any, values: Any, n: Any) -> None:
        share = 1 - min(decay, (1 + float(n)) / (10 + float(n)))
        for average, value in zip(averages, values, strict=True):
            if average.is_floating_point():
                average.lerp_(value.to(average.dtype), share)
            else:
                average.copy_(value)

    return update
