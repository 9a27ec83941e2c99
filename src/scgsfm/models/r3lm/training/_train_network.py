"""Training of the branches of the activity network: on sequences, drawn with either strand and shifted, or on cards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback, ModelCheckpoint
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel
from torch.utils.data import DataLoader, IterableDataset

from scgsfm._logging import logger
from scgsfm.dna import N
from scgsfm.models.r3lm._network import SequenceBranch, one_hot
from scgsfm.models.training._loop import fit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from scgsfm.motifs import Motifs

PER_BIT, THRESHOLD = 0.1, 0.4
"""Weight of a filter that is a motif, and the share of its best score at which it begins to answer."""


@dataclass(frozen=True)
class BranchConfig:
    """Settings of the training of a branch: AdamW, one cycle of the learning rate, running average of the weights.

    ``shift`` is the largest number of bases by which a batch is moved; ``motif_share`` of the first layer's filters
    begin as motifs.
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


class Draws(IterableDataset[tuple[Tensor, Tensor]]):
    """The batches of an epoch in random order; codes of sequences are moved, and half of them reversed."""

    def __init__(self, inputs: np.ndarray, targets: np.ndarray, config: BranchConfig) -> None:
        self.inputs, self.targets, self.config, self.epoch = inputs, targets, config, 0

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
                x = _reversed(_moved(x, int(rng.integers(-c.shift, c.shift + 1))), rng.random(len(x)) < 0.5)
            yield torch.from_numpy(x), torch.from_numpy(self.targets[rows])


class Trainee(pl.LightningModule):
    """A branch in training, and the running average of its weights."""

    def __init__(self, branch: nn.Module, config: BranchConfig, steps: int) -> None:
        super().__init__()
        self.branch, self.config, self.steps = branch, config, steps
        self.average = AveragedModel(branch, multi_avg_fn=running_average(config.average), use_buffers=True)

    def training_step(self, batch: tuple[Tensor, Tensor], _: int) -> Tensor:
        x, y = batch
        loss = F.mse_loss(self.branch(as_input(x)).float(), y)
        self.log("loss", loss, on_step=False, on_epoch=True)
        return loss

    def on_train_batch_end(self, *_: Any) -> None:
        self.average.update_parameters(self.branch)

    def configure_optimizers(self) -> Any:
        c = self.config
        parts = [[p for p in self.branch.parameters() if (p.ndim > 1) == matrix] for matrix in (True, False)]
        groups = [{"params": part, "weight_decay": w} for part, w in zip(parts, (c.weight_decay, 0.0), strict=True)]
        optimizer = torch.optim.AdamW(groups, lr=c.learning_rate)
        cycle = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, c.learning_rate, total_steps=self.steps, pct_start=c.warmup, div_factor=10, final_div_factor=100
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": cycle, "interval": "step"}}


class Progress(Callback):
    """Tells the draws which epoch it is, and the reader how far the training is."""

    def __init__(self, draws: Draws, measure: Callable[[nn.Module], float] | None) -> None:
        self.draws, self.measure = draws, measure

    def on_train_epoch_start(self, trainer: pl.Trainer, *_: Any) -> None:
        self.draws.epoch = trainer.current_epoch

    def on_train_epoch_end(self, trainer: pl.Trainer, trainee: Any) -> None:
        told = f", r {self.measure(trainee.average.module.eval()):.4f}" if self.measure else ""
        loss = float(trainer.callback_metrics["loss"])
        logger.info("Epoch %d of %d: loss %.4f%s", trainer.current_epoch + 1, trainer.max_epochs, loss, told)


def train_branch(
    branch: nn.Module,
    inputs: np.ndarray,
    targets: np.ndarray,
    config: BranchConfig,
    out: Path,
    *,
    measure: Callable[[nn.Module], float] | None = None,
) -> nn.Module:
    """Train a branch of an activity network; an interrupted training goes on from its last epoch.

    Parameters
    ----------
    branch
        The branch.
    inputs
        Codes of sequences (uint8, sequences × bases) or numbers of their cards (float32).
    targets
        Activities in units of their standard deviation (float32, sequences × cell types).
    config
        How to train.
    out
        Folder of the checkpoint.
    measure
        What to tell of the averaged branch after each epoch.

    Returns
    -------
    The branch with averaged weights.
    """
    pl.seed_everything(config.seed, verbose=False)
    draws = Draws(inputs, targets, config)
    trainee = Trainee(branch, config, config.epochs * len(draws))
    keep = ModelCheckpoint(out, filename="last", enable_version_counter=False, save_top_k=1)
    trainer = pl.Trainer(
        max_epochs=config.epochs,
        accelerator="cpu",
        precision=config.precision,  # type: ignore[arg-type]
        gradient_clip_val=config.clip,
        callbacks=[Progress(draws, measure), keep],
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        use_distributed_sampler=False,
    )
    fit(trainer, trainee, DataLoader(draws, batch_size=None), out / "last.ckpt")
    return trainee.average.module.eval()


def running_average(decay: float) -> Callable[[Any, Any, Any], None]:
    """How an average takes up new values; the first ones count for more, or the start would linger in variances."""

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
    """Let a share of the first layer's filters be motifs, drawn at random and on a random strand."""
    rng = np.random.default_rng(seed)
    n, _, width = branch.stem.weight.shape
    for i, motif in enumerate(rng.permutation(len(motifs))[: int(n * share)]):
        counts = motifs.counts[motifs.starts[motif] : motifs.starts[motif + 1]]
        bits = np.log2((counts + 0.25) / (counts.sum(axis=1, keepdims=True) + 1) / 0.25)
        if len(bits) > width:  # its most telling part
            telling = np.convolve((bits * 2.0**bits).sum(axis=1), np.ones(width), "valid")
            bits = bits[telling.argmax() :][:width]
        if rng.random() < 0.5:
            bits = bits[::-1, ::-1]
        at = (width - len(bits)) // 2
        with torch.no_grad():
            branch.stem.weight[i] = 0
            branch.stem.weight[i, :, at : at + len(bits)] = PER_BIT * torch.from_numpy(bits.T.copy())
            branch.stem.bias[i] = -PER_BIT * THRESHOLD * bits.max(axis=1).sum()  # type: ignore[index]


def as_input(x: Tensor) -> Tensor:
    """Codes of sequences one-hot; numbers as they are."""
    return one_hot(x) if x.dtype == torch.uint8 else x


def _moved(codes: np.ndarray, by: int) -> np.ndarray:
    out = np.full_like(codes, N)
    out[:, max(by, 0) : codes.shape[1] + min(by, 0)] = codes[:, max(-by, 0) : codes.shape[1] - max(by, 0)]
    return out


def _reversed(codes: np.ndarray, which: np.ndarray) -> np.ndarray:
    """Some rows on the other strand."""
    complement = np.array([3, 2, 1, 0, N], np.uint8)
    return np.where(which[:, None], complement[codes[:, ::-1]], codes)
