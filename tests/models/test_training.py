"""The training base of all models."""

import logging
import math
import warnings
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from torch.nn.functional import mse_loss

from scgsfm.models.training._data_module import DataModule
from scgsfm.models.training._loop import InfiniteBatches, checkpoints, fit, make_trainer, quiet
from scgsfm.models.training._progress_report import ProgressReport
from scgsfm.models.training._schedule import cosine_decay, linear_decay, warmup_schedule
from scgsfm.models.training._training_module import TrainingModule, decay_groups


class Squares(InfiniteBatches[int]):
    def __init__(self, start: int) -> None:
        self.start = start

    def batch(self, step: int) -> int:
        return step**2


def test_infinite_batches_start_at_any_step() -> None:
    assert list(islice(Squares(0), 5)) == [0, 1, 4, 9, 16]
    assert list(islice(Squares(3), 2)) == [9, 16]


def test_lightning_is_quiet_only_inside_the_block() -> None:
    logger = logging.getLogger("pytorch_lightning")
    before = logger.level
    with quiet():
        assert logger.level == logging.WARNING
        with warnings.catch_warnings(record=True) as caught:
            warnings.warn("The 'train_dataloader' does not have many workers", stacklevel=1)
            warnings.warn("another", stacklevel=1)
    assert logger.level == before
    with pytest.raises(ConnectionError), quiet():
        raise ConnectionError
    assert logger.level == before
    assert [str(each.message) for each in caught] == ["another"]


def test_cosine_decay() -> None:
    assert [cosine_decay(step, 4, 8) for step in (0, 4, 6, 8, 9)] == pytest.approx([1, 1, 0.5, 0, 0])
    assert cosine_decay(8, 4, 8, lowest=0.02) == pytest.approx(0.02)
    assert cosine_decay(2, 0, 10, lowest=0.02) == 0.02 + 0.49 * (1 + math.cos(math.pi * 0.2))


def test_linear_decay() -> None:
    assert [linear_decay(step, 10, share=0.5) for step in (0, 5, 8, 10)] == pytest.approx([1, 1, 0.42, 0.02])


def test_rates_of_a_warmup_schedule() -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=2.0)
    schedule = warmup_schedule(optimizer, 4, lambda step: 1.0 if step < 5 else 0.5)
    rates = []
    for _ in range(6):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    assert rates == [0.5, 1.0, 1.5, 2.0, 2.0, 1.0]


def test_only_matrices_decay() -> None:
    matrix, vector = torch.nn.Parameter(torch.zeros(2, 2)), torch.nn.Parameter(torch.zeros(2))
    assert decay_groups([vector, matrix], 0.1) == [
        {"params": [matrix], "weight_decay": 0.1},
        {"params": [vector], "weight_decay": 0.0},
    ]
    assert len(decay_groups([matrix], 0.1)) == 1


class Line(TrainingModule):
    """Learns a line, with noise on its input, which only the seed of a step makes the same again."""

    def __init__(self, steps: int) -> None:
        torch.manual_seed(0)
        super().__init__(torch.nn.Linear(1, 1), seed=5)
        self.steps, self.broken_at = steps, -1

    def loss(self, batch: Any) -> torch.Tensor:
        if self.global_step == self.broken_at:
            raise ConnectionError
        x = batch[:, None] + torch.randn(len(batch), 1)
        return mse_loss(self.network(x), 3 * batch[:, None])

    def validation_step(self, *_: Any) -> None:
        self.log("score", float(self.network.weight), batch_size=1)

    def optimizer(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.trained, lr=0.1)

    def schedule(self, optimizer: torch.optim.Optimizer) -> torch.optim.lr_scheduler.LRScheduler:
        return warmup_schedule(optimizer, 2, lambda step: cosine_decay(step, 0, self.steps))


class Numbers(InfiniteBatches[torch.Tensor]):
    def __init__(self, rank: int, start: int) -> None:
        self.start = start

    def batch(self, step: int) -> torch.Tensor:
        return torch.arange(4.0) + step


def run(out: Path, steps: int = 7, broken_at: int = -1, **bound: Any) -> tuple[dict[str, Any], ProgressReport]:
    module, report = Line(steps), ProgressReport({"score": "score"}, batch_size=4)
    module.broken_at = broken_at
    data = DataModule(Numbers, [0], bound_to={"steps": steps, "width": 1} | bound, may_change=("steps",))
    with quiet():
        trainer = make_trainer(out, max_steps=steps, validate_every=2, callbacks=[report, checkpoints(out)])
        fit(trainer, module, data, out / "last.ckpt")
    return module.network.state_dict(), report


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_a_resumed_run_has_the_weights_of_an_uninterrupted_run(tmp_path: Path) -> None:
    whole, _ = run(tmp_path / "whole")
    with pytest.raises(ConnectionError):
        run(tmp_path / "parts", broken_at=5)
    saved = torch.load(tmp_path / "parts" / "last.ckpt", weights_only=True)
    assert saved["global_step"] == 4
    resumed, report = run(tmp_path / "parts")
    assert all(torch.equal(resumed[key], value) for key, value in whole.items())
    assert report.seconds > saved["callbacks"]["ProgressReport"]["seconds"] > 0


def test_a_checkpoint_refuses_other_settings(tmp_path: Path) -> None:
    run(tmp_path, steps=2)
    with pytest.raises(ValueError, match="another run: width was 1 and is 2.*resume=False"):
        run(tmp_path, steps=4, width=2)
    run(tmp_path, steps=4)


def test_unavailable_device() -> None:
    with pytest.raises(ValueError, match="abacus"):
        make_trainer(accelerator="abacus", devices=2)
