from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np


class GeneSetModel(Protocol):
    """Interface of a gene-set model for completion, scoring and enrichment, which don't depend on an implementation."""

    @property
    def name(self) -> str:
        """Name of the model in messages and records."""

    @property
    def genes(self) -> Sequence[str]:
        """Vocabulary, with the special tokens first."""

    @property
    def fingerprint(self) -> str:
        """Identifies the weights, so that results can be cached."""

    @property
    def popularity(self) -> np.ndarray:
        """Mean logit of each gene over all sets of a single gene."""

    def logits(self, sets: Any, /) -> np.ndarray:
        """Logit of each gene for each set (sets × vocabulary)."""

    def probabilities(self, logits: np.ndarray, sizes: np.ndarray, /) -> np.ndarray:
        """Calibrated probabilities of logits, for sets with these numbers of known genes."""
