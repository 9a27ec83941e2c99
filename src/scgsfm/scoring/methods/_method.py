"""The record of a scoring method."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np

from scgsfm._messages import listing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from scgsfm.scoring._set_index import SetIndex
    from scgsfm.scoring.engine import CellBlock


Scores: TypeAlias = np.ndarray | tuple[np.ndarray, np.ndarray]
"""Scores of a block, and the p-values of methods with a test."""


class Scorer(Protocol):
    """Scores a block of cells: float64 (cells × sets) and, for methods with a test, p-values."""

    def __call__(self, cells: CellBlock, /) -> Scores: ...


class NullScorer(Scorer, Protocol):
    """A scorer of a sum over genes, whose distribution over random sets has a closed form."""

    def null(self, cells: CellBlock, /) -> tuple[np.ndarray, np.ndarray]:
        """Compare with random sets: z and two-sided p-values (cells × sets)."""
        ...


@dataclass(frozen=True)
class Method:
    """A scoring method: its function and its properties."""

    name: str
    prepare: Callable[..., Scorer]
    """Called with a :class:`BlockReader`, a :class:`SetIndex` and the parameters by name; computes once what all blocks share,
    and returns the scorer of a block."""
    title: str
    statistic: str
    reference: str
    range: tuple[float, float]
    weights: bool
    """Whether weights other than 1 and -1 are used."""
    signs: bool
    """Whether negative weights are used."""
    missing_genes: str
    """How genes of a set that are missing from the data are handled."""
    values: str = "any"
    """``"log-normalized"`` if the values are expected to be; methods that use ranks take any."""
    min_genes: int = 1
    """Minimum number of genes of a set in the data."""
    test: str = ""
    """The test behind the p-values; empty without a test."""
    null: str = ""
    """The random sets of genes of ``normalize="null"``. Then ``prepare`` returns a scorer with a method ``null``
    (:class:`NullScorer`); empty if the score is not a sum over genes."""
    leaves_out_sets: bool = False
    """Whether it warns of sets that have no score (NaN) itself."""
    completes: bool = False
    """Whether a model completes the sets first."""
    task: str = ""
    """What the method is for, in a few words."""
    when: str = ""
    """When to use the method."""
    avoid: str = ""
    """When not to use it."""
    peer: str = ""
    """Which implementation gives the same scores, and how closely."""

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """Names and defaults of the method's parameters."""
        parameters = inspect.signature(self.prepare).parameters.values()
        return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}

    def needs_log_values(self, params: Mapping[str, Any]) -> bool:
        """Return whether the values should be log-normalized. A Poisson kernel takes counts."""
        return self.values == "log-normalized" and params.get("kcdf") != "poisson"

    def check(self, sets: SetIndex, *, completed: bool = False) -> None:
        """Raise ValueError for sets with weights or signs, or completed sets, if the method can't use them."""
        if completed and not self.weights:
            msg = f"`expand` gives weights to genes, which `method` {self.name!r} can't use."
            raise ValueError(msg)
        if not self.signs:
            self._refuse("negative weights", sets.names_where(lambda weights: weights < 0))
        if not self.weights:
            self._refuse("weights", sets.names_where(lambda weights: abs(weights) != 1))

    def _refuse(self, what: str, names: Sequence[str]) -> None:
        """Raise ValueError if there are such sets."""
        if names:
            msg = (
                f"`method` {self.name!r} can't use the {what} of: {listing(names)}. Choose a method that can (see "
                "`scgsfm.methods()`), or drop the weights: `scgsfm.GeneSets({name: sets[name] for name in sets})`."
            )
            raise ValueError(msg)
