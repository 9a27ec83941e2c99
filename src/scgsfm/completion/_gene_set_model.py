from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np


class GeneSetModel(Protocol):
    """What completion, scoring and enrichment need of a model, so that they don't depend on one."""

    @property
    def name(self) -> str:
        """What the model is called in messages and records."""

    @property
    def genes(self) -> Sequence[str]:
        """The vocabulary, the special tokens first."""

    @property
    def popularity(self) -> np.ndarray:
        """Mean logit of each gene over all single genes."""

    def logits(self, sets: Any, /) -> np.ndarray:
        """Logit of each gene for each set (sets × vocabulary)."""

    def probabilities(self, logits: np.ndarray, /) -> np.ndarray:
        """Calibrated probabilities of logits."""
