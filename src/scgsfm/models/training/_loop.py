"""The training loop of all models: batches without end, the trainer, and how a run resumes."""

from __future__ import annotations

import inspect
import logging
import sys
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from torch.utils.data import IterableDataset

from scgsfm._logging import logger
from scgsfm.models._fork import check_training

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytorch_lightning as pl
    from pytorch_lightning.callbacks import ModelCheckpoint
    from torch.utils.data import DataLoader

    from ._data_module import DataModule

BatchT = TypeVar("BatchT")
_SILENCED = (
    "have no `validation_step`",
    "has `__len__` defined",
    "does not have many workers",
    "exists and is not empty",
    "dataloader is not resumable",
    "LeafSpec",
)


class InfiniteBatches(IterableDataset[BatchT]):
    """Batches without end, from the step ``start`` on."""

    start: int

    def __iter__(self) -> Iterator[BatchT]:
        step = self.start
        while True:
            yield self.batch(step)
            step += 1

    def batch(self, step: int) -> BatchT:
        """The batch of one step."""
        raise NotImplementedError


def make_trainer(
    out: Path | None = None,
    *,
    accelerator: str = "cpu",
    devices: int = 1,
    validate_every: int | None = None,
    **options: Any,
) -> pl.Trainer:
    """A Lightning trainer with logs in ``out / "logs"``, if given; several devices train by DDP.

    Without ``validate_every``, the steps between validations, it validates once per epoch. Raises a ValueError if the devices
    are not available.
    """
    import pytorch_lightning as pl
    from lightning_fabric.utilities.exceptions import MisconfigurationException
    from pytorch_lightning.callbacks import ModelCheckpoint
    from pytorch_lightning.loggers import CSVLogger

    check_training()
    steps: dict[str, Any] = {}
    if validate_every is not None:
        steps = {"val_check_interval": validate_every, "check_val_every_n_epoch": None}
    defaults: dict[str, Any] = {
        "strategy": "ddp" if devices > 1 else "auto",
        "num_sanity_val_steps": 0,
        "logger": CSVLogger(out, name="logs") if out is not None else False,
        "enable_checkpointing": any(isinstance(each, ModelCheckpoint) for each in options.get("callbacks", ())),
        "enable_model_summary": False,
        "enable_progress_bar": out is not None and sys.stderr.isatty(),
    }
    try:
        return pl.Trainer(accelerator=accelerator, devices=devices, **defaults | steps | options)
    except MisconfigurationException as error:
        msg = f"accelerator={accelerator!r}, devices={devices}: {error}"
        raise ValueError(msg) from error


def checkpoints(directory: Path, name: str = "last", **options: Any) -> ModelCheckpoint:
    """A callback that writes ``name.ckpt`` at each validation."""
    from pytorch_lightning.callbacks import ModelCheckpoint

    # without the counter, a run that starts again replaces the files of the previous one
    given = {"enable_version_counter": False, "save_on_train_epoch_end": False} | options
    return ModelCheckpoint(directory, filename=name, **given)


def fit(
    trainer: pl.Trainer,
    module: pl.LightningModule,
    data: DataModule | DataLoader[Any],
    last: Path | None = None,
) -> None:
    """Train; resume from the checkpoint ``last`` if it exists."""
    path = last if last is not None and last.exists() else None
    if path is not None:
        logger.info("Resuming from %s.", path)
    # where Lightning offers it, a checkpoint cannot run code
    safe: dict[str, Any] = {"weights_only": True} if "weights_only" in inspect.signature(trainer.fit).parameters else {}
    trainer.fit(module, data, ckpt_path=path, **safe)


@contextmanager
def quiet() -> Iterator[None]:
    """Silence Lightning's messages that repeat ours or warn of what is intended."""
    loggers = [logging.getLogger(name) for name in ("pytorch_lightning", "lightning_fabric")]
    levels = [each.level for each in loggers]
    for each in loggers:
        each.setLevel(logging.WARNING)
    with warnings.catch_warnings():
        for text in _SILENCED:
            warnings.filterwarnings("ignore", f".*{text}")
        try:
            yield
        finally:
            for each, level in zip(loggers, levels, strict=True):
                each.setLevel(level)
