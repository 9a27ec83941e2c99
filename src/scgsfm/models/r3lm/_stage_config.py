"""What a training stage depends on, besides its data and the model that it starts from."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

InputMode = Literal["generated", "gold", "card"]


@dataclass(frozen=True)
class StageConfig:
    """Settings of a stage of R3LM; the defaults are those of the publication for stage 2.

    Attributes
    ----------
    mode
        What stage 2 reads after the card: ``"generated"`` reasoning of the stage 1 model, as in use; ``"gold"``
        reasoning, which was written knowing the measured level, so that its results are an upper bound; or nothing
        (``"card"``).
    epochs, learning_rate, weight_decay, warmup, clip
        The optimisation: AdamW, linear warm-up over a share of the steps, cosine decay, and the largest norm of a
        gradient.
    batch_size, accumulate
        Examples of a batch, and batches of a step.
    lora_rank, lora_alpha, lora_dropout
        The adapter; rank 0 trains all weights.
    max_length
        Tokens that are read at most; a longer card loses its end.
    max_new
        Tokens of generated reasoning at most.
    seed
        Of weights, order and dropout.
    """

    mode: InputMode = "generated"
    epochs: int = 10
    learning_rate: float = 1e-5
    weight_decay: float = 0.01
    warmup: float = 0.1
    clip: float = 200.0
    batch_size: int = 2
    accumulate: int = 4
    lora_rank: int = 16
    lora_alpha: int = 32
    lora_dropout: float = 0.05
    max_length: int = 2048
    max_new: int = 1024
    seed: int = 0

    def __post_init__(self) -> None:
        if self.mode not in get_args(InputMode):
            msg = f"mode={self.mode!r} must be one of {', '.join(map(repr, get_args(InputMode)))}."
            raise ValueError(msg)
        for name in ("epochs", "batch_size", "accumulate", "max_length", "max_new"):
            if not getattr(self, name) >= 1:
                msg = f"{name}={getattr(self, name)!r} must be at least 1."
                raise ValueError(msg)
        for name in ("warmup", "lora_dropout"):
            if not 0 <= getattr(self, name) < 1:
                msg = f"{name}={getattr(self, name)!r} must be at least 0 and below 1."
                raise ValueError(msg)
        if not (self.learning_rate > 0 and self.clip > 0 and self.lora_rank >= 0):
            msg = "learning_rate and clip must be above 0, and lora_rank at least 0."
            raise ValueError(msg)

    def as_dict(self) -> dict[str, Any]:
        """All settings, ready for JSON."""
        return asdict(self)
