"""Train a branch of the activity network: on sequences, augmented by strand and shift, or on cards; used by r3lm_mini."""

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

from scgsfm.dna import N
from scgsfm.models.r3lm._network import SequenceBranch, one_hot
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

    from scgsfm.motifs import Motifs

PER_BIT, THRESHOLD = 0.1, 0.4
"""Weight per bit of a filter initialized as a motif, and the share of its best score at which it activates."""


@dataclass(frozen=True)
class BranchConfig:
    """Settings of the training of a branch: AdamW, one cycle of the learning rate, running average of the weights.

    ``shift`` is the largest shift of a batch in bases; ``motif_share`` of the filters of the first layer are initialized
    as motifs.
    """

    epochs: int
    learning_rate: float = 3e-3
    batch_size: int = 128
    weight_decay: float = 0.05
    warmup: float = 0.2
    average: float = 0.997
    clip: float = 5.0
    shift: int = 4
    motif_share: float = 0.75
    precision: str = "bf16-mixed"
    seed: int = 0


class AugmentedBatches(IterableDataset[tuple[Tensor, Tensor]]):
    """The batches of an epoch in random order; sequences are shifted, and half of them reverse-complemented.

    The epoch is that of the step ``start``.
    """

    def __init__(
        self, inputs: np.ndarray, targets: np.ndarray, config: BranchConfig, *, rank: int = 0, start: int = 0
    ) -> None:
        self.inputs, self.targets, self.config, self.rank = inputs, targets, config, rank
        self.epoch = start // max(1, len(self))

    def __len__(self) -> int:
        return len(self.inputs) // self.config.batch_size

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        c = self.config
        rng = np.random.default_rng([c.seed, self.epoch])
        order = rng.permutation(len(self.inputs))
        for step in range(len(self)):
            rows = order[step * c.batch_size : (step + 1) * c.batch_size]
            x = self.inputs[rows]
            if x.dtype == np.uint8:
                x = _reverse_complemented(
                    _shifted(x, int(rng.integers(-c.shift, c.shift + 1))), rng.random(len(x)) < 0.5
                )
            yield torch.from_numpy(x), torch.from_numpy(self.targets[rows])


class BranchTraining(TrainingModule):
    """A branch in training, and the running average of its weights."""

    def __init__(self, branch: nn.Module, config: BranchConfig, steps: int) -> None:
        super().__init__(branch, config.seed)
        self.config, self.steps = config, steps
        self.average = AveragedModel(branch, multi_avg_fn=running_average(config.average), use_buffers=True)

    def loss(self, batch: tuple[Tensor, Tensor]) -> Tensor:
        """Mean squared error."""
        x, y = batch
        return mse_loss(self.network(as_input(x)).float(), y)

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
    """Train a branch of an activity network; an interrupted training resumes from its last epoch.

    Parameters
    ----------
    branch
        The branch.
    inputs
        Encoded sequences (uint8, sequences × bases) or features of their cards (float32).
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
    steps = config.epochs * len(AugmentedBatches(inputs, targets, config))
    data = DataModule(
        partial(AugmentedBatches, inputs, targets, config),
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


def motifs_as_filters(branch: SequenceBranch, motifs: Motifs, share: float, *, seed: int = 0) -> None:
    """Initialize a share of the first layer's filters as motifs, drawn at random and on a random strand."""
    rng = np.random.default_rng(seed)
    n, _, width = branch.stem.weight.shape
    for i, motif in enumerate(rng.permutation(len(motifs))[: int(n * share)]):
        counts = motifs.counts[motifs.starts[motif] : motifs.starts[motif + 1]]
        bits = np.log2((counts + 0.25) / (counts.sum(axis=1, keepdims=True) + 1) / 0.25)
        if len(bits) > width:  # its most informative part
            information = np.convolve((bits * 2.0**bits).sum(axis=1), np.ones(width), "valid")
            bits = bits[information.argmax() :][:width]
        if rng.random() < 0.5:
            bits = bits[::-1, ::-1]
        start = (width - len(bits)) // 2
        with torch.no_grad():
            branch.stem.weight[i] = 0
            branch.stem.weight[i, :, start : start + len(bits)] = PER_BIT * torch.from_numpy(bits.T.copy())
            branch.stem.bias[i] = -PER_BIT * THRESHOLD * bits.max(axis=1).sum()  # type: ignore[index]


def as_input(x: Tensor) -> Tensor:
    """One-hot encode sequences; card features are returned unchanged."""
    return one_hot(x) if x.dtype == torch.uint8 else x


def _shifted(codes: np.ndarray, by: int) -> np.ndarray:
    out = np.full_like(codes, N)
    out[:, max(by, 0) : codes.shape[1] + min(by, 0)] = codes[:, max(-by, 0) : codes.shape[1] - max(by, 0)]
    return out


def _reverse_complemented(codes: np.ndarray, which: np.ndarray) -> np.ndarray:
    """Reverse-complement some rows."""
    complement = np.array([3, 2, 1, 0, N], np.uint8)
    return np.where(which[:, None], complement[codes[:, ::-1]], codes)
