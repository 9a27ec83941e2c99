"""GSFM in training: the network, its losses and its optimization."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import torch

from scgsfm.models.gsfm._gsfm import GSFM
from scgsfm.models.gsfm._modules import build_module
from scgsfm.models.training._data_module import DataModule
from scgsfm.models.training._schedule import cosine_decay, warmup_schedule
from scgsfm.models.training._training_module import TrainingModule

from ._dataset import SetSampler
from ._losses import bernoulli, multinomial
from ._validation import median_auroc

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor
    from torch.optim import Optimizer
    from torch.optim.lr_scheduler import LRScheduler

    from scgsfm.models.gsfm._modules import SetAutoencoder

    from ._config import TrainConfig
    from ._corpus import Corpus
    from ._dataset import SetBatch
    from ._validation import HeldOut

MAY_CHANGE = (
    *("steps", "restart", "neighbours", "neighbour_weight", "neighbour_floor", "neighbour_coherence"),
    *("neighbour_groups", "recall", "recall_weight"),
)
"""Settings that a resumed run may change: its length, and what is added to the trained network."""


class GSFMTraining(TrainingModule):
    """A network in training, without the neighbor term and the second pass of the finished model."""

    network: SetAutoencoder

    def __init__(self, config: TrainConfig, genes: list[str], held_out: HeldOut) -> None:
        torch.manual_seed(config.seed)
        network = build_module(replace(config, neighbours=0, recall=0).model(len(genes)))
        super().__init__(network, config.seed)
        self.config, self.genes, self.held_out = config, genes, held_out

    def loss(self, batch: SetBatch) -> Tensor:
        """The objective of one batch."""
        c = self.config
        if c.objective == "multinomial":
            return multinomial(self.network, batch, size_power=c.size_power)
        return bernoulli(self.network, batch, weighted_loss=c.weighted_loss)

    def validation_step(self, *_: Any) -> None:
        """Median AUROC of the hidden halves of held-out sets; each process computes all of it."""
        if not all(parameter.isfinite().all() for parameter in self.network.parameters()):
            msg = (
                f"learning_rate={self.config.learning_rate}: the weights overflowed by step {self.global_step:,}; give a "
                "lower rate."
            )
            raise ValueError(msg)
        score = median_auroc(GSFM(self.network, self.genes), self.held_out)
        self.log("val_auroc", score, prog_bar=True, batch_size=1, sync_dist=True)

    def optimizer(self) -> Optimizer:
        """Adam."""
        return torch.optim.Adam(self.trained, lr=self.config.learning_rate, betas=(0.9, 0.99), fused=True)

    def schedule(self, optimizer: Optimizer) -> LRScheduler:
        """Linear warm-up and one or two cosine decays, the second from half the peak."""
        return warmup_schedule(optimizer, self.config.warmup, self._decay)

    def _decay(self, step: int) -> float:
        c = self.config
        if 0 < c.restart <= step:
            return 0.5 * cosine_decay(step, c.restart, c.steps, lowest=0.02)
        return cosine_decay(step, 0, min(c.restart or c.steps, c.steps), lowest=0.02)


def data_module(corpus: Corpus, train: np.ndarray, config: TrainConfig) -> DataModule:
    """Sets drawn from the corpus; validation takes the held-out sets from the module, so its only batch is empty."""
    return DataModule(
        partial(SetSampler, corpus, train, config),
        [0],
        bound_to={**config.as_dict(), "corpus": corpus.info["sha256"]},
        may_change=MAY_CHANGE,
    )
