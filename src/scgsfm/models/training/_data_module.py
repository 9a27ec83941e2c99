"""The LightningDataModule of all trainings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytorch_lightning as pl
from torch.utils.data import DataLoader

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from torch.utils.data import IterableDataset


class DataModule(pl.LightningDataModule):
    """Batches for training and validation; a checkpoint is bound to the settings and data that made it.

    Parameters
    ----------
    batches
        Returns the training batches of a process, ``rank``, from the step ``start`` on.
    validation
        The validation batches; none if the training is not validated.
    bound_to
        Settings and checksums that a checkpoint keeps; a run with others cannot resume from it.
    may_change
        Settings that a resumed run may change.
    """

    def __init__(
        self,
        batches: Callable[..., IterableDataset[Any]],
        validation: Any = None,
        *,
        bound_to: Mapping[str, Any],
        may_change: Collection[str] = (),
    ) -> None:
        super().__init__()
        self.batches, self.validation = batches, validation
        self.bound_to, self.may_change = dict(bound_to), may_change

    def train_dataloader(self) -> Any:
        trainer: Any = self.trainer
        return DataLoader(self.batches(rank=trainer.global_rank, start=trainer.global_step), batch_size=None)

    def val_dataloader(self) -> Any:
        return [] if self.validation is None else DataLoader(self.validation, batch_size=None)

    def state_dict(self) -> dict[str, Any]:
        return self.bound_to

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        differ = [
            f"{key} was {state_dict[key]} and is {value}"
            for key, value in self.bound_to.items()
            if key not in self.may_change and state_dict.get(key, value) != value
        ]
        if differ:
            msg = (
                f"out contains checkpoints of another run: {', '.join(differ)}. Give another directory, or resume=False "
                "to start again."
            )
            raise ValueError(msg)
