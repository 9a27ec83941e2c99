"""What trainings by Lightning have in common: batches without end, and a run that may go on from another."""

from __future__ import annotations

import inspect
import logging
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from torch.utils.data import IterableDataset

from scgsfm._logging import logger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytorch_lightning as pl
    from torch.utils.data import DataLoader


Batch = TypeVar("Batch")


class InfiniteBatches(IterableDataset[Batch]):
    """Batches without end, from the step ``start`` on."""

    start: int

    def __iter__(self) -> Iterator[Batch]:
        step = self.start
        while True:
            yield self.batch(step)
            step += 1

    def batch(self, step: int) -> Batch:
        """The batch of one step."""
        raise NotImplementedError


def fit(
    trainer: pl.Trainer, trainee: pl.LightningModule, data: pl.LightningDataModule | DataLoader[Any], last: Path | None
) -> None:
    """Train, from the checkpoint ``last`` where there is one."""
    path = last if last is not None and last.exists() else None
    if path is not None:
        logger.info("Going on from %s.", path)
    # where Lightning offers it, nothing in a checkpoint is run
    safe: dict[str, Any] = {"weights_only": True} if "weights_only" in inspect.signature(trainer.fit).parameters else {}
    trainer.fit(trainee, data, ckpt_path=path, **safe)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Lightning from telling what a training tells itself, or has meant to do."""
    loggers = [logging.getLogger(name) for name in ("pytorch_lightning", "lightning_fabric")]
    levels = [each.level for each in loggers]
    for each in loggers:
        each.setLevel(logging.WARNING)
    with warnings.catch_warnings():
        meant = ("does not have many workers", "exists and is not empty", "dataloader is not resumable", "LeafSpec")
        for told in meant:
            warnings.filterwarnings("ignore", f".*{told}")
        try:
            yield
        finally:
            for each, level in zip(loggers, levels, strict=True):
                each.setLevel(level)
