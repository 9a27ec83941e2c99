"""What the package knows about each scoring method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from typing import TypeAlias

    import numpy as np
    from scipy.sparse import csr_array

    from ._rows import Rows
    from ._sets import SetIndex

    Scores: TypeAlias = np.ndarray | tuple[np.ndarray, np.ndarray]


class Scorer(Protocol):
    """Scores a block of cells: float64 (cells × sets), with a test also the p-values."""

    def __call__(self, block: csr_array, /) -> Scores: ...


class Prepare(Protocol):
    """Does once what all blocks share, checks the parameters, and returns the :class:`Scorer`."""

    def __call__(self, rows: Rows, sets: SetIndex, /, **params: object) -> Scorer: ...


@dataclass(frozen=True)
class Method:
    """One scoring method: its function and what a user has to know about it."""

    name: str
    prepare: Prepare
    title: str
    statistic: str
    reference: str
    range: tuple[float, float]
    weights: bool
    """Honours weights other than 1 and -1."""
    signs: bool
    """Honours negative weights."""
    missing: str
    """What becomes of genes of a set that the data lacks."""
    min_genes: int = 1
    """Genes that a set must have in the data."""
    test: str = ""
    """Where the p-values come from; empty without a test."""
    dense: bool = False
    """Needs blocks of cells as dense arrays."""
    completes: bool = False
    """Has the sets completed by a model first."""
