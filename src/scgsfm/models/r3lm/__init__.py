"""R3LM: predicted and explained activity of regulatory DNA."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from scgsfm.motifs import Hits, Motifs
from scgsfm.regulatory import (
    Card,
    CardRecord,
    Examples,
    Explanation,
    Hit,
    Measured,
    Step,
    Trace,
    build_card,
    build_cards,
    check_records,
    explain,
    majority_level,
    make_examples,
    read_measured,
    read_records,
    units_of,
    write_records,
)

from ._stage_config import StageConfig
from ._tokenizer import Tokens

if TYPE_CHECKING:
    from ._decoder import DecoderConfig
    from ._network import ActivityConfig
    from ._pretrained import AdaptedR3LM
    from ._r3lm import R3LM, build_module
    from .training._train import train

_LAZY = {
    "R3LM": "_r3lm",
    "AdaptedR3LM": "_pretrained",
    "ActivityConfig": "_network",
    "DecoderConfig": "_decoder",
    "build_module": "_r3lm",
    "train": "training._train",
}
"""Names that are imported on first use: torch and Lightning take seconds to load, and cards need neither."""

__all__ = [
    "R3LM",
    "ActivityConfig",
    "AdaptedR3LM",
    "Card",
    "CardRecord",
    "DecoderConfig",
    "Examples",
    "Explanation",
    "Hit",
    "Hits",
    "Measured",
    "Motifs",
    "StageConfig",
    "Step",
    "Tokens",
    "Trace",
    "build_card",
    "build_cards",
    "build_module",
    "check_records",
    "explain",
    "majority_level",
    "make_examples",
    "read_measured",
    "read_records",
    "train",
    "units_of",
    "write_records",
]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(f".{_LAZY[name]}", __name__), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
