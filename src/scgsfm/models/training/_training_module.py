"""The LightningModule of all trainings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch.optim.lr_scheduler import LambdaLR

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import Tensor, nn
    from torch.optim import Optimizer
    from torch.optim.lr_scheduler import LRScheduler


class TrainingModule(pl.LightningModule):
    """A network in training: a loss, an optimizer, and a learning rate that changes with each step.

    Parameters
    ----------
    network
        The network; parameters that require no gradient are not trained.
    seed
        Seed of dropout and other random numbers of a step.

    A subclass defines :meth:`loss`, :meth:`optimizer` and :meth:`schedule`. Random numbers depend on the seed, the step
    and the process alone, so that an interrupted run, once resumed, ends with the weights of an uninterrupted one.
    """

    def __init__(self, network: nn.Module, seed: int) -> None:
        super().__init__()
        self.network, self.seed = network, seed
        self.losses: list[Tensor] = []
        """Losses since the last report, see :class:`ProgressReport`."""

    def loss(self, batch: Any) -> Tensor:
        """The loss of one batch."""
        raise NotImplementedError

    def optimizer(self) -> Optimizer:
        """The optimizer of :attr:`trained`."""
        raise NotImplementedError

    def schedule(self, optimizer: Optimizer) -> LRScheduler:
        """The learning rate by step."""
        raise NotImplementedError

    @property
    def trained(self) -> list[nn.Parameter]:
        """The parameters that are trained."""
        return [parameter for parameter in self.network.parameters() if parameter.requires_grad]

    def configure_optimizers(self) -> Any:
        optimizer = self.optimizer()
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": self.schedule(optimizer), "interval": "step"}}

    def on_train_start(self) -> None:
        # a checkpoint holds the rate of its own schedule; this run may be longer
        schedule = self.lr_schedulers()
        if isinstance(schedule, LambdaLR):
            groups = zip(schedule.optimizer.param_groups, schedule.base_lrs, schedule.lr_lambdas, strict=True)
            for group, peak, factor in groups:
                group["lr"] = peak * factor(self.global_step)

    def on_train_batch_start(self, _batch: Any, batch_idx: int) -> None:
        key = [self.seed, self.global_step, self.global_rank]
        if self.trainer.accumulate_grad_batches > 1:  # batches of one step draw different numbers
            key.append(batch_idx)
        torch.manual_seed(int(np.random.SeedSequence(key).generate_state(1, np.uint64)[0]))

    def training_step(self, batch: Any, _batch_idx: int) -> Tensor:
        loss = self.loss(batch)
        self.losses.append(loss.detach())
        self.log("train_loss", loss, prog_bar=True, batch_size=1)
        return loss

    def on_train_batch_end(self, *_: Any) -> None:
        # Lightning's own stop after max_steps would skip the last validation
        if 0 < self.trainer.max_steps <= self.global_step:
            self.trainer.should_stop = True


def decay_groups(parameters: Iterable[nn.Parameter], weight_decay: float) -> list[dict[str, Any]]:
    """Parameter groups of an optimizer: only matrices decay, vectors such as biases and norms do not."""
    groups: tuple[list[nn.Parameter], list[nn.Parameter]] = [], []
    for parameter in parameters:
        groups[parameter.ndim < 2].append(parameter)
    decays = zip(groups, (weight_decay, 0.0), strict=True)
    return [{"params": group, "weight_decay": decay} for group, decay in decays if group]
