"""What a training run depends on, besides its corpus."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class TrainConfig:
    """Settings of a training run; the defaults are the recipe of ``gsfm-base``.

    Attributes
    ----------
    variant, d_model, depth, dropout, input_norm
        The network.
    objective
        ``"multinomial"`` (ours) or ``"bernoulli"`` (published: binary cross entropy of all genes).
    visible
        Range from which the visible share of each set is drawn, for ``"multinomial"``.
    hide_visible
        Leave the visible genes out of the targets.
    max_visible, max_targets
        At most so many genes of a set enter, drawn anew each time.
    negatives
        Genes that estimate the partition function of the multinomial.
    size_power
        A set with n targets weighs n to the power ``-size_power`` for each of its targets, so that 1 weighs all
        sets alike.
    partition, weighted_loss
        Of the published objective: share of a set that is hidden and predicted (0: everything is both), and
        ``"none"``, ``"balance"`` (rare genes weigh more) or ``"unseen"`` (visible genes are no positives).
    temper
        Groups of sets are drawn with probability proportional to their size to this power.
    batch_size, steps, learning_rate, warmup, seed
        The optimisation: Adam, linear warm-up over ``warmup`` steps, cosine decay to a fiftieth.
    neighbours, neighbour_weight, neighbour_floor
        Co-occurring genes kept for each gene beside the finished network (0: none, as published), weight of what they
        add to the logits, and the similarity that stands for none.
    n_validation
        Sets held out for validation.
    """

    variant: str = "DAE"
    d_model: int = 256
    depth: int = 2
    dropout: float = 0.0
    input_norm: str = "l2"
    objective: Literal["multinomial", "bernoulli"] = "multinomial"
    visible: tuple[float, float] = (0.1, 0.9)
    hide_visible: bool = False
    max_visible: int = 256
    max_targets: int = 512
    negatives: int = 2048
    size_power: float = 0.5
    partition: float = 0.0
    weighted_loss: Literal["none", "balance", "unseen"] = "none"
    temper: float = 0.5
    batch_size: int = 512
    steps: int = 30_000
    learning_rate: float = 1e-2
    warmup: int = 200
    seed: int = 0
    neighbours: int = 128
    neighbour_weight: float = 1.0
    neighbour_floor: float = 1e-3
    n_validation: int = 2000

    def model(self, vocab_size: int) -> dict[str, Any]:
        """The part that a checkpoint's ``config.json`` keeps."""
        keys = ("variant", "d_model", "depth", "dropout", "input_norm", "partition", "weighted_loss")
        if self.neighbours:
            keys += ("neighbours", "neighbour_weight", "neighbour_floor")
        return {"vocab_size": vocab_size, **{key: getattr(self, key) for key in keys}}

    def as_dict(self) -> dict[str, Any]:
        """All settings, ready for JSON."""
        return {**asdict(self), "visible": list(self.visible)}
