"""What the package knows about each scoring method."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np

from scgsfm._messages import listing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from scgsfm.scoring._set_index import SetIndex
    from scgsfm.scoring.engine import CellBlock


Scores: TypeAlias = np.ndarray | tuple[np.ndarray, np.ndarray]
"""Scores of a block, and the p-values of methods with a test."""


class Scorer(Protocol):
    """Scores a block of cells: float64 (cells × sets), with a test also the p-values."""

    def __call__(self, cells: CellBlock, /) -> Scores: ...


@dataclass(frozen=True)
class Method:
    """One scoring method: its function and what a user has to know about it."""

    name: str
    prepare: Callable[..., Scorer]
    """Called with :class:`Rows`, :class:`SetIndex` and the parameters by name: does once what all blocks share."""
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

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """Names and defaults of the method's parameters."""
        parameters = inspect.signature(self.prepare).parameters.values()
        return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}

    def check(self, sets: SetIndex, *, completed: bool = False) -> None:
        """Refuse sets whose weights or signs the method can't honour, by name, and weights from completion."""
        if completed and not self.weights:
            msg = f"`expand` gives weights to genes, which `method` {self.name!r} can't honour."
            raise ValueError(msg)
        if not self.signs:
            self._refuse("negative weights", sets.names_where(lambda weights: weights < 0))
        if not self.weights:
            self._refuse("weights", sets.names_where(lambda weights: abs(weights) != 1))

    def _refuse(self, what: str, names: Sequence[str]) -> None:
        if names:
            msg = (
                f"`method` {self.name!r} can't honour the {what} of: {listing(names)}. Use one that does (see "
                "`scgsfm.methods()`), or leave the weights out: `scgsfm.GeneSets({name: sets[name] for name in sets})`."
            )
            raise ValueError(msg)
