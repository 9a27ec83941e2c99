"""Train the card branch of the activity network."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from r3lm_network import Batches, BranchConfig, train_branch

from scgsfm.models.r3lm._network import ActivityConfig, CardBranch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIG = BranchConfig(epochs=3, batch_size=16, learning_rate=1e-2, precision="32-true", average=0.5)
SIZES = ActivityConfig(1, 5, length=40, stem=6, widths=(6,), kernels=(3,), repeats=(1,), hidden=6, card_hidden=(8, 4))


def test_batches_are_epochs_in_random_order() -> None:
    x = np.arange(64, dtype=np.float32)[:, None]
    batches = Batches(x, 2 * x, CONFIG)
    first = list(batches)
    assert sorted(torch.cat([x for x, _ in first])[:, 0].tolist()) == list(range(64))
    assert all(torch.equal(2 * x, y) for x, y in first)
    assert all(torch.equal(a, b) for (a, _), (b, _) in zip(first, batches, strict=True))
    batches.epoch = 1
    assert not torch.equal(first[0][0], next(iter(batches))[0])


@pytest.fixture
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_a_resumed_training_has_the_weights_of_an_uninterrupted_one(tmp_path: Path, one_thread: None) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(128, 5)).astype(np.float32)
    y = (x[:, :1] - x[:, 1:2]).astype(np.float32)
    config = replace(CONFIG, epochs=6)

    def trained(name: str, measure: Any = None) -> torch.nn.Module:
        torch.manual_seed(0)
        return train_branch(CardBranch(SIZES), x, y, config, tmp_path / name, measure=measure)

    modes = []
    whole = trained("whole", lambda branch: modes.append(branch.training) or 0.0)
    assert modes == [False] * 6

    def failing(_branch: torch.nn.Module) -> float:
        if (tmp_path / "parts" / "last.ckpt").exists():
            raise ConnectionError
        return 0.0

    with pytest.raises(ConnectionError):
        trained("parts", failing)
    resumed, again = trained("parts"), trained("whole")
    for key, value in whole.state_dict().items():
        torch.testing.assert_close(resumed.state_dict()[key], value, rtol=0, atol=0)
        torch.testing.assert_close(again.state_dict()[key], value, rtol=0, atol=0)
    with torch.inference_mode():
        r = np.corrcoef(whole(torch.from_numpy(x))[:, 0], y[:, 0])[0, 1]
    assert r > 0.5


def test_a_checkpoint_of_other_settings_is_refused(tmp_path: Path) -> None:
    x = np.random.default_rng(1).normal(size=(32, 5)).astype(np.float32)
    train_branch(CardBranch(SIZES), x, x[:, :1], replace(CONFIG, epochs=1), tmp_path)
    with pytest.raises(ValueError, match="learning_rate was 0.01 and is 0.1"):
        train_branch(CardBranch(SIZES), x, x[:, :1], replace(CONFIG, epochs=1, learning_rate=0.1), tmp_path)
