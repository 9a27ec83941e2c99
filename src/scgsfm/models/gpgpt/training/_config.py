"""Settings of a training run of GP-GPT."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from scgsfm.models.training._config_checks import check_settings, refused

_LEAST = {
    **dict.fromkeys(("vocab_size", "hidden_size", "layers", "heads", "feed_forward", "context", "rank", "alpha"), 1),
    **dict.fromkeys(("batch_size", "steps"), 1),
    **dict.fromkeys(("infill", "warmup", "weight_decay", "seed"), 0),
}
_POSITIVE = ("learning_rate", "decay")


@dataclass(frozen=True)
class TrainConfig:
    """Settings of a training run; the defaults are the first stage of ``gpgpt-mini``.

    The publication does not state sizes, ranks and learning rates; these are our choices.

    Attributes
    ----------
    vocab_size, hidden_size, layers, heads, feed_forward
        Vocabulary size, width, depth, attention heads and feed-forward width of a model trained from scratch.
    context
        Number of tokens per row.
    adapters
        ``"none"`` trains all weights, ``"lora"`` trains low-rank adapters, and ``"qlora"`` trains low-rank adapters of a
        model with four-bit weights (needs bitsandbytes and a GPU). ``"auto"`` is ``"lora"`` with a base, else ``"none"``.
    rank, alpha
        Rank of the adapters, and their scale times the rank.
    infill
        Fraction of the texts of stage 1 with masked spans, which are filled in after the text.
    mixture
        Sampling weights of kinds of documents; 1 by default.
    batch_size, steps, learning_rate, warmup, decay, weight_decay, seed
        Optimization by AdamW, with linear warm-up over ``warmup`` steps and linear decay over the last fraction ``decay``.
    precision
        Precision of matrix products: ``"bf16-mixed"`` for bfloat16, ``"32-true"`` for single precision.

    Raises
    ------
    ValueError
        A setting is out of its range.
    """

    vocab_size: int = 4096
    hidden_size: int = 192
    layers: int = 6
    heads: int = 3
    feed_forward: int = 512
    context: int = 256
    adapters: Literal["auto", "none", "lora", "qlora"] = "auto"
    rank: int = 16
    alpha: int = 32
    infill: float = 0.3
    mixture: dict[str, float] = field(default_factory=dict)
    batch_size: int = 16
    steps: int = 2500
    learning_rate: float = 2e-3
    warmup: int = 100
    decay: float = 0.3
    weight_decay: float = 0.05
    precision: Literal["bf16-mixed", "32-true"] = "32-true"
    seed: int = 0

    def __post_init__(self) -> None:
        check_settings(self, least=_LEAST, below={}, positive=_POSITIVE)
        if not self.infill <= 1:
            error = refused("infill", self.infill, "must be a fraction")
            raise error
        if self.hidden_size % (2 * self.heads):
            problem = f"must be a multiple of twice the heads, {self.heads}"
            error = refused("hidden_size", self.hidden_size, problem)
            raise error

    def as_dict(self) -> dict[str, Any]:
        """All settings as a dictionary for JSON."""
        return asdict(self)
