"""The training loop's module: objectives, optimiser and validation."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch.nn import functional as F

from ._finish import validate
from ._gsfm import GSFM
from ._modules import PAD, VAE, build_module
from ._sparse import sampled_softmax_loss

if TYPE_CHECKING:
    from torch import Tensor

    from ._batches import Batch
    from ._config import TrainConfig


class Trainee(pl.LightningModule):
    """A network in training."""

    def __init__(
        self, config: TrainConfig, genes: list[str], held_out: tuple[list[np.ndarray], list[np.ndarray]]
    ) -> None:
        super().__init__()
        self.config, self.genes, self.held_out = config, genes, held_out
        torch.manual_seed(config.seed)
        self.network = build_module(replace(config, neighbours=0).model(len(genes)))

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        """Make dropout depend on the seed and the step alone, so that training resumes exactly."""
        torch.manual_seed(self.config.seed * 1_000_003 + self.global_step)

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """The objective of one batch, per target gene for the multinomial."""
        multinomial = self.config.objective == "multinomial"
        loss = self._multinomial(batch) if multinomial else self._bernoulli(batch)
        self.log("train_loss", loss, prog_bar=True)
        return loss

    def _latent(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Latent vectors, and the Kullback–Leibler term of a variational network."""
        if not isinstance(self.network, VAE):
            return self.network.encode_sets(batch.indptr, batch.indices), torch.zeros(())
        mean, log_var = self.network.posterior(batch.indptr, batch.indices)
        z = mean + torch.randn_like(mean) * torch.exp(log_var / 2)
        return z, 0.5 * (mean.square() + log_var.exp() - 1 - log_var).sum(1).mean()

    def _multinomial(self, batch: Batch) -> Tensor:
        z, divergence = self._latent(batch)
        last = self.network.decoder.layers[-1]
        sizes = batch.target_indptr.diff().float()
        share = sizes.clamp_min(1) ** -self.config.size_power
        share = share / (share * sizes).sum()
        targets = batch.target_indptr, batch.target_indices
        loss = sampled_softmax_loss(self.network.hidden(z), last.weight, last.bias, *targets, share, batch.negatives)
        return loss + divergence

    def _bernoulli(self, batch: Batch) -> Tensor:
        """Binary cross entropy of all genes, weighted as published."""
        z, divergence = self._latent(batch)
        logits = self.network.decode(z)
        y = _multi_hot(batch.target_indptr, batch.target_indices, logits)
        weight = None
        if self.config.weighted_loss == "unseen" and self.config.partition > 0:
            weight = 1 - _multi_hot(batch.indptr, batch.indices, logits)
            weight[:, PAD] = 0
        elif self.config.weighted_loss == "balance":
            count = self.network.bias
            count += y.sum(0)
            count[PAD] += len(y)
            weight = ((count[PAD] - count) / count)[None, :]
        return F.binary_cross_entropy_with_logits(logits, y, pos_weight=weight) + divergence

    def validation_step(self, batch: Any, batch_idx: int) -> None:
        """Median AUROC of the hidden halves of held-out sets, ranked among the whole vocabulary."""
        score = validate(GSFM(self.network, self.genes), self.held_out)
        self.log("val_auroc", score, prog_bar=True, sync_dist=True)

    def configure_optimizers(self) -> Any:
        """Adam with linear warm-up and cosine decay, by step."""
        c = self.config

        def rate(step: int) -> float:
            progress = min(1.0, step / c.steps)
            return min(1.0, (step + 1) / max(1, c.warmup)) * (0.02 + 0.49 * (1 + math.cos(math.pi * progress)))

        trained = [p for p in self.parameters() if p.requires_grad]
        optimizer = torch.optim.Adam(trained, lr=c.learning_rate, betas=(0.9, 0.99), fused=True)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def _multi_hot(indptr: Tensor, indices: Tensor, like: Tensor) -> Tensor:
    rows = torch.arange(len(indptr) - 1, device=like.device).repeat_interleave(indptr.diff())
    out = torch.zeros_like(like)
    out[rows, indices] = 1
    out[:, PAD] = 0
    return out
