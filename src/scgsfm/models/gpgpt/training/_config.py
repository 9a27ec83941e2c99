"""What a training run of GP-GPT depends on, besides its corpus and its base."""

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

    Sizes, ranks and rates are ours: the publication tells none.

    Attributes
    ----------
    vocab_size, hidden_size, layers, heads, feed_forward
        Of a model trained from scratch: tokens, width, depth, attention heads, and width of the feed-forward part.
    context
        Tokens of a row.
    adapters
        ``"none"`` trains all weights, ``"lora"`` low-rank adapters beside them, ``"qlora"`` the same beside weights in
        four bits (needs bitsandbytes and a GPU), ``"auto"`` all weights from scratch and adapters with a base.
    rank, alpha
        Rank of the adapters, and what they are scaled by, divided by the rank.
    infill
        Share of the texts of stage 1 that have spans masked, to be filled in behind the text.
    mixture
        Weights of the kinds of documents, 1 for all others.
    batch_size, steps, learning_rate, warmup, decay, weight_decay, seed
        The optimisation: AdamW, linear warm-up over ``warmup`` steps, and linear decay over the last share ``decay``.
    precision
        ``"bf16-mixed"`` multiplies matrices in bfloat16, ``"32-true"`` in single precision.

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
            raise refused("infill", self.infill, "must be a share")
        if self.hidden_size % (2 * self.heads):
            raise refused("hidden_size", self.hidden_size, f"must be a multiple of twice the heads, {self.heads}")

    def as_dict(self) -> dict[str, Any]:
        """All settings, ready for JSON."""
        return asdict(self)
