"""Models in processes that were forked after a model was used."""

from __future__ import annotations

import multiprocessing as mp
import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from scgsfm.models import _fork, as_model

torch = pytest.importorskip("torch")

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks of POSIX")


@pytest.fixture(autouse=True)
def several_threads() -> Iterator[None]:
    """Threads of torch, which a child lacks."""
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    yield
    torch.set_num_threads(before)


def predictions() -> float:
    return float(np.sum(as_model("r3lm-mini", "r3lm").predict(["ACGTTGCAGT" * 20] * 8)))


def in_a_fork(function: Callable[[], Any]) -> Any:
    with mp.get_context("fork").Pool(1) as pool:
        return pool.apply_async(function).get(timeout=120)


def test_model_in_a_fork() -> None:
    expected = predictions()
    assert in_a_fork(predictions) == pytest.approx(expected, rel=1e-4)
    assert in_a_fork(torch.get_num_threads) == 1
    assert torch.get_num_threads() == 4


def test_model_loaded_in_a_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_fork._Process, "used_models", False)
    a = torch.ones(600, 600)
    assert float((a @ a).sum()) == 600**3  # starts the threads
    assert np.isfinite(in_a_fork(predictions))


def notice() -> list[str]:
    said: list[str] = []
    _fork.logger.info = lambda text, *values: said.append(text % values)  # type: ignore[method-assign]
    for _ in range(2):
        _fork.prepare_process()
    return said


def test_notice_is_logged_once() -> None:
    predictions()
    said = in_a_fork(notice)
    assert len(said) == 1
    assert "'spawn' or 'forkserver'" in said[0]


def train() -> str:
    with pytest.raises(RuntimeError) as error:
        _fork.check_training()
    return str(error.value)


def test_training_in_a_fork_is_refused() -> None:
    predictions()
    assert "can't be trained" in in_a_fork(train)
    _fork.check_training()


def train_twice() -> None:
    _fork.check_training()
    _fork.check_training()


def test_trainings_in_a_fork_of_a_process_without_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """As those of ``forkserver``, which may have imported torch."""
    monkeypatch.setattr(_fork._Process, "used_models", False)
    in_a_fork(train_twice)
