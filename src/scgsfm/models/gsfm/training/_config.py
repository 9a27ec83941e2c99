"""What a training run depends on, besides its corpus."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from scgsfm.models.training._config_checks import check_settings, refused

_LEAST = {
    **dict.fromkeys(("d_model", "depth", "max_visible", "max_targets", "negatives"), 1),
    **dict.fromkeys(("batch_size", "steps", "n_validation"), 1),
    **dict.fromkeys(("dropout", "partition", "size_power", "temper", "warmup", "restart", "seed"), 0),
    **dict.fromkeys(("neighbours", "neighbour_weight", "neighbour_coherence", "recall", "recall_weight"), 0),
}
_BELOW = {"dropout": 1, "partition": 1}
_POSITIVE = ("learning_rate", "neighbour_floor")


@dataclass(frozen=True)
class TrainConfig:
    """Settings of a training run; the defaults are the recipe of ``gsfm-base`` but for the groups of its neighbours.

    Attributes
    ----------
    variant, d_model, depth, dropout
        The network: one of the published variants, its width, its depth, and dropout between its linear layers.
    input_norm
        ``"l2"`` divides each set's input by its Euclidean norm, ``"none"`` is as published. For the DAE.
    objective
        ``"multinomial"`` (ours) or ``"bernoulli"`` (published: binary cross entropy of all genes).
    visible
        Range from which the visible share of each set is drawn, for ``"multinomial"``.
    hide_visible
        Leave the visible genes out of the targets, for ``"multinomial"``.
    max_visible, max_targets
        At most so many genes of a set enter, drawn anew each time, for ``"multinomial"``.
    negatives
        Genes that estimate the partition function of the multinomial.
    size_power
        A set with n targets weighs n to the power ``-size_power`` for each of its targets, so that 1 weighs all
        sets alike, for ``"multinomial"``.
    partition
        Share of a set that is hidden and predicted, for ``"bernoulli"``; 0: all its genes are both seen and predicted.
    weighted_loss
        For ``"bernoulli"``: ``"none"``, ``"balance"`` (rare genes weigh more; for the DAE) or ``"unseen"`` (visible
        genes are no positives; for a partition above 0).
    temper
        Groups of sets are drawn with probability proportional to their size to this power: 1 draws all sets alike,
        0 all groups.
    group_weights
        How many times as often some groups are drawn as that.
    batch_size, steps, learning_rate, warmup, seed
        The optimisation: Adam, linear warm-up over ``warmup`` steps, cosine decay to a fiftieth.
    restart
        Step at which the learning rate returns to half its peak, to decay a second time; 0: it decays once.
    neighbours, neighbour_weight, neighbour_floor, neighbour_coherence
        Co-occurring genes kept for each gene beside the finished network (0: none, as published), weight of what they
        add to the logits, the similarity that stands for none, and the coherence of a set (its genes' mean z among each
        other's neighbours) from which on they have their full weight. For the DAE.
    neighbour_groups
        Weights of some groups' sets in the co-occurrence, 1 for all others; 0 leaves a group out.
    recall, recall_weight
        The finished model reads each set a second time together with so many genes that it ranked first, which weigh
        so much together, relative to the set; 0 genes: it reads once, as published. For the DAE.
    n_validation
        Sets held out for validation.

    Raises
    ------
    ValueError
        A setting is out of its range, or settings don't go together.
    """

    variant: Literal["DAE", "VAE", "EDAE", "EPDAE", "mEDAE"] = "DAE"
    d_model: int = 256
    depth: int = 2
    dropout: float = 0.0
    input_norm: Literal["l2", "none"] = "l2"
    objective: Literal["multinomial", "bernoulli"] = "multinomial"
    visible: tuple[float, float] = (0.1, 0.9)
    hide_visible: bool = False
    max_visible: int = 256
    max_targets: int = 512
    negatives: int = 2048
    size_power: float = 0.5
    partition: float = 0.0
    weighted_loss: Literal["none", "balance", "unseen"] = "none"
    temper: float = 0.7
    group_weights: dict[str, float] = field(default_factory=dict)
    batch_size: int = 512
    steps: int = 20_000
    restart: int = 14_000
    learning_rate: float = 1e-2
    warmup: int = 200
    seed: int = 0
    neighbours: int = 128
    neighbour_weight: float = 0.5
    neighbour_floor: float = 1e-3
    neighbour_coherence: float = 4.0
    neighbour_groups: dict[str, float] = field(default_factory=dict)
    recall: int = 100
    recall_weight: float = 0.5
    n_validation: int = 2000

    def __post_init__(self) -> None:
        check_settings(self, least=_LEAST, below=_BELOW, positive=_POSITIVE)
        if len(self.visible) != 2 or not 0 < self.visible[0] <= self.visible[1] <= 1:
            raise refused("visible", self.visible, "must be two shares, 0 < lowest ≤ highest ≤ 1")
        for name in ("group_weights", "neighbour_groups"):
            if not all(weight >= 0 for weight in getattr(self, name).values()):
                raise refused(name, getattr(self, name), "must hold weights of at least 0")
        self._check_combination()

    def _check_combination(self) -> None:
        if self.variant != "DAE":
            for name, off in {"input_norm": "none", "weighted_loss": "none", "neighbours": 0, "recall": 0}.items():
                if getattr(self, name) != off:
                    raise refused(name, getattr(self, name), f"is for the DAE; give {off!r} for the {self.variant}")
        if self.objective == "multinomial":
            for name, off in {"partition": 0, "weighted_loss": "none"}.items():
                if getattr(self, name) != off:
                    raise refused(name, getattr(self, name), "goes with objective='bernoulli'")
        if self.weighted_loss == "unseen" and self.partition == 0:
            raise refused("weighted_loss", "unseen", "needs a partition above 0, or no gene is unseen")

    def model(self, vocab_size: int) -> dict[str, Any]:
        """The part that a checkpoint's ``config.json`` keeps."""
        keys = ["variant", "d_model", "depth", "dropout", "input_norm", "partition", "weighted_loss"]
        if self.neighbours:
            keys += ["neighbours", "neighbour_weight", "neighbour_floor", "neighbour_coherence"]
        if self.recall:
            keys += ["recall", "recall_weight"]
        return {"vocab_size": vocab_size, **{key: getattr(self, key) for key in keys}}

    def as_dict(self) -> dict[str, Any]:
        """All settings, ready for JSON."""
        return {**asdict(self), "visible": list(self.visible)}
