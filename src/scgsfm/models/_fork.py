"""Models in forked processes: the threads of torch do not survive a fork, and a child would wait for them forever."""

from __future__ import annotations

import os
import sys

from scgsfm._logging import logger


class _Process:
    """What this process inherited and did."""

    used_models = False
    """Whether it, or the process that it was forked from, has used a model."""
    forked_with_torch = False
    """Whether it was forked from a process that had imported torch."""
    forked_after_use = False
    """Whether it was forked from a process that had used a model."""
    notified = False


ADVICE = "Start processes by the method 'spawn' or 'forkserver' of multiprocessing"


def prepare_process() -> None:
    """Make torch safe in a forked process, before a model is used."""
    _Process.used_models = True
    if _Process.forked_with_torch and not _Process.notified:
        _Process.notified = True
        _use_one_thread()
        logger.info("This process was forked, so its models use one thread. %s to use several.", ADVICE)


def check_training() -> None:
    """Raise an error in a process that was forked after a model was used: training needs several threads."""
    if _Process.forked_after_use:
        msg = f"Models can't be trained in a process that was forked after a model was used. {ADVICE}."
        raise RuntimeError(msg)
    _Process.used_models = True


def _use_one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def _after_fork() -> None:
    _Process.forked_with_torch, _Process.notified = "torch" in sys.modules, False
    if _Process.forked_with_torch and _Process.used_models:  # a model object may be used without another call of ours
        _Process.forked_after_use = True
        _use_one_thread()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
