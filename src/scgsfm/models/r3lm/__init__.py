"""R3LM: activity of regulatory DNA, predicted and explained."""

from importlib import import_module
from typing import Any

from ._card import Card, Hit
from ._motifs import Hits, Motifs
from ._stage_config import StageConfig
from ._trace import Step, Trace

__all__ = [
    "R3LM",
    "AdaptedR3LM",
    "Card",
    "Hit",
    "Hits",
    "Motifs",
    "StageConfig",
    "Step",
    "Trace",
    "build_module",
    "train",
]

_LATER = {"R3LM": "_r3lm", "AdaptedR3LM": "_adapted", "build_module": "_r3lm", "train": "_train"}
"""Not above: torch and Lightning take seconds to load, and cards and motifs need neither."""


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(import_module(f".{_LATER[name]}", __name__), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
