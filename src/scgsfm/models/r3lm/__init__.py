"""R3LM: predicted and explained activity of regulatory DNA."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._card import Card, Hit, build_card, build_cards, changed_motifs, reduce_hits
from ._explanation import Explanation, explain, shuffle_effects, shuffled
from ._explanation_tables import activity_of_cells, base_effects, explanation_tables, select_cell_types
from ._features import CardFeatures, composition
from ._stage_config import StageConfig
from ._tokenizer import Tokens
from ._trace import Step, Trace, check_trace
from .training._additive_effects import Effects, fit_effects, write_reasoning
from .training._examples import Examples, Measured, make_examples, read_measured, units_of

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
    "CardFeatures",
    "DecoderConfig",
    "Effects",
    "Examples",
    "Explanation",
    "Hit",
    "Measured",
    "StageConfig",
    "Step",
    "Tokens",
    "Trace",
    "activity_of_cells",
    "base_effects",
    "build_card",
    "build_cards",
    "build_module",
    "changed_motifs",
    "check_trace",
    "composition",
    "explain",
    "explanation_tables",
    "fit_effects",
    "make_examples",
    "read_measured",
    "reduce_hits",
    "select_cell_types",
    "shuffle_effects",
    "shuffled",
    "train",
    "units_of",
    "write_reasoning",
]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(f".{_LAZY[name]}", __name__), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
