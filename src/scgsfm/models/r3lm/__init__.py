"""R3LM: activity of regulatory DNA, predicted and explained."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._card import Card, Hit, build_card, build_cards
from ._explanation import Explanation, explain
from ._stage_config import StageConfig
from ._trace import Step, Trace

if TYPE_CHECKING:
    from ._pretrained import AdaptedR3LM
    from ._r3lm import R3LM, build_module
    from .training._train import train

__all__ = [
    "R3LM",
    "AdaptedR3LM",
    "Card",
    "Explanation",
    "Hit",
    "StageConfig",
    "Step",
    "Trace",
    "build_card",
    "build_cards",
    "build_module",
    "explain",
    "train",
]

_LATER = {"R3LM": "_r3lm", "AdaptedR3LM": "_pretrained", "build_module": "_r3lm", "train": "training._train"}
"""Not above: torch and Lightning take seconds to load, and cards need neither."""


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(import_module(f".{_LATER[name]}", __name__), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
