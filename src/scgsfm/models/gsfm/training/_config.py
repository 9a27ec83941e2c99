"""Settings of a GSFM training run."""

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
    """Settings of a training run; the defaults are those of a single network for a large corpus.

    Attributes
    ----------
    variant, d_model, depth, dropout
        The network: a published variant, its width, its depth, and dropout between its linear layers.
    input_norm
        ``"l2"`` divides the input of each set by its Euclidean norm, ``"none"`` is as published. DAE only.
    objective
        ``"multinomial"`` (ours) or ``"bernoulli"`` (as published: binary cross entropy of all genes).
    visible
        The range from which the visible share of each set is drawn. Multinomial only.
    hide_visible
        Exclude the visible genes from the targets. Multinomial only.
    max_visible, max_targets
        The largest number of visible and target genes of a set; larger sets are subsampled each time. Multinomial only.
    negatives
        The number of genes sampled for the partition function of the multinomial.
    size_power
        Each target of a set with n targets has the weight :math:`n^{-p}` with this power p; at 1 all sets have the same
        weight. Multinomial only.
    partition
        The share of a set that is hidden and predicted; at 0 all genes are both visible and predicted. Bernoulli only.
    weighted_loss
        ``"none"``, ``"balance"`` (rare genes weigh more; DAE only) or ``"unseen"`` (visible genes are not positives;
        requires a partition above 0). Bernoulli only.
    temper
        Groups of sets are drawn with probability proportional to their size to this power: at 1 all sets are equally
        likely, at 0 all groups.
    group_weights
        Factors of the probability of some groups; 1 for all others.
    batch_size, steps, learning_rate, warmup, seed
        The optimization: Adam, linear warm-up over ``warmup`` steps, cosine decay to 2 % of the peak.
    restart
        The step at which the learning rate returns to half its peak and decays again; at 0 it decays once.
    neighbours, neighbour_weight, neighbour_floor, neighbour_coherence
        The number of co-occurring genes stored for each gene (0: none, as published), and the weight, floor and
        coherence of :class:`NeighborResidual`. DAE only.
    neighbour_groups
        Weights of some groups' sets in the co-occurrence, 1 for all others; 0 excludes a group.
    recall, recall_weight
        The number of top-ranked genes that are added to each set for a second pass of the finished model (0: one pass,
        as published), and their total weight relative to the set. DAE only.
    n_validation
        The number of sets held out for validation.

    Raises
    ------
    ValueError
        A setting is out of range, or settings are incompatible.
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
            raise refused(name="visible", value=self.visible, why="must be two shares with 0 < lowest ≤ highest ≤ 1")
        for name in ("group_weights", "neighbour_groups"):
            if not all(weight >= 0 for weight in getattr(self, name).values()):
                raise refused(name, getattr(self, name), "must contain weights of at least 0")
        self._check_combination()

    def _check_combination(self) -> None:
        if self.variant != "DAE":
            for name, off in {"input_norm": "none", "weighted_loss": "none", "neighbours": 0, "recall": 0}.items():
                if getattr(self, name) != off:
                    raise refused(name, getattr(self, name), f"is for the DAE; give {off!r} for the {self.variant}")
        if self.objective == "multinomial":
            for name, off in {"partition": 0, "weighted_loss": "none"}.items():
                if getattr(self, name) != off:
                    raise refused(name, getattr(self, name), "requires objective='bernoulli'")
        if self.weighted_loss == "unseen" and self.partition == 0:
            raise refused(
                name="weighted_loss", value="unseen", why="requires a partition above 0; otherwise no gene is unseen"
            )

    def model(self, vocab_size: int) -> dict[str, Any]:
        """The settings in a checkpoint's ``config.json``."""
        keys = ["variant", "d_model", "depth", "dropout", "input_norm", "partition", "weighted_loss"]
        if self.neighbours:
            keys += ["neighbours", "neighbour_weight", "neighbour_floor", "neighbour_coherence"]
        if self.recall:
            keys += ["recall", "recall_weight"]
        return {"vocab_size": vocab_size, **{key: getattr(self, key) for key in keys}}

    def as_dict(self) -> dict[str, Any]:
        """All settings, ready for JSON."""
        return {**asdict(self), "visible": list(self.visible)}
