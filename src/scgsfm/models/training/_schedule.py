"""The learning rate by step: a linear warm-up, then a decay."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from torch.optim.lr_scheduler import LambdaLR

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch.optim import Optimizer


def warmup_schedule(optimizer: Optimizer, warmup: int, decay: Callable[[int], float]) -> LambdaLR:
    r"""Multiply the peak rate at step :math:`t` by :math:`\min(1, (t + 1) / w)` and by the decay.

    Parameters
    ----------
    optimizer
        The optimizer; its learning rate is the peak.
    warmup
        Steps :math:`w` of the warm-up.
    decay
        The factor of a step, between 0 and 1.
    """
    return LambdaLR(optimizer, lambda step: min(1.0, (step + 1) / max(1, warmup)) * decay(step))


def cosine_decay(step: int, begin: int, end: int, *, lowest: float = 0.0) -> float:
    r"""Half a cosine from 1 at ``begin`` to ``lowest`` at ``end``: :math:`l + (1 - l)(1 + \cos \pi x) / 2`."""
    x = min(1.0, max(0, step - begin) / max(1, end - begin))
    return lowest + (1 - lowest) / 2 * (1 + math.cos(math.pi * x))


def linear_decay(step: int, end: int, *, share: float, lowest: float = 0.02) -> float:
    """1, then a straight line over the last ``share`` of the steps, to ``lowest`` at ``end``."""
    return min(1.0, lowest + max(0.0, 1 - step / end) / share)
