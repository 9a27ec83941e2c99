"""The report of a training's progress."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytorch_lightning as pl
import torch

from scgsfm._logging import logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._training_module import TrainingModule


class ProgressReport(pl.Callback):
    """One line per validation, or per epoch without validation; wall and CPU seconds, which continue when resumed.

    Parameters
    ----------
    metrics
        Logged metrics that a line reports, and what to call them.
    batch_size
        Examples of a batch, for the speed.
    measure
        Called for further text of a line.
    """

    def __init__(
        self,
        metrics: dict[str, str] | None = None,
        *,
        batch_size: int = 1,
        measure: Callable[[], str] | None = None,
    ) -> None:
        self.metrics, self.batch_size, self.measure = metrics or {}, batch_size, measure
        self.seconds = self.cpu_seconds = 0.0
        self._examples, self._speed = 0, 0.0

    def on_train_start(self, *_: Any) -> None:
        self._started = time.perf_counter() - self.seconds
        self._cpu_started = time.process_time() - self.cpu_seconds
        self._since = time.perf_counter()

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        self._examples += self.batch_size * trainer.world_size

    def on_validation_start(self, *_: Any) -> None:
        self._speed = self._examples / (time.perf_counter() - self._since)  # of training alone

    def on_validation_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        self._report(trainer, pl_module, f"step {trainer.global_step:,} of {trainer.max_steps:,}")

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        if not trainer.enable_validation:
            self.on_validation_start()
            self._report(trainer, pl_module, f"epoch {trainer.current_epoch + 1} of {trainer.max_epochs}")

    def _report(self, trainer: pl.Trainer, module: TrainingModule, position: str) -> None:
        self.seconds = time.perf_counter() - self._started
        self.cpu_seconds = time.process_time() - self._cpu_started
        parts = [f"{name} {trainer.callback_metrics[key]:.4f}" for key, name in self.metrics.items()]
        if module.losses:
            parts.append(f"loss {torch.stack(module.losses).mean():.4f}")
        if self.measure is not None:
            parts.append(self.measure())
        parts.append(f"{self._speed:,.0f} examples/s")
        if trainer.is_global_zero and trainer.progress_bar_callback is None:
            logger.info("%s: %s", position, ", ".join(parts))
        module.losses, self._examples, self._since = [], 0, time.perf_counter()

    def state_dict(self) -> dict[str, Any]:
        return {"seconds": self.seconds, "cpu_seconds": self.cpu_seconds}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.seconds, self.cpu_seconds = state_dict["seconds"], state_dict["cpu_seconds"]
