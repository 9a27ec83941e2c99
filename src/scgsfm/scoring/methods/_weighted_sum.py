"""Scores that are weighted sums of values of genes: their null distribution and the contributions of genes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from ._random_sets import RandomSets

if TYPE_CHECKING:
    from collections.abc import Callable

    from scgsfm.scoring._set_index import SetIndex
    from scgsfm.scoring.engine import CellBlock

    from ._method import Scores


class GeneValues(NamedTuple):
    """CSR arrays of the values of genes in a block of cells, and for each cell the value of the genes not stored."""

    indptr: np.ndarray
    indices: np.ndarray
    values: np.ndarray
    zero: np.ndarray


class NullDistribution(Protocol):
    """Compares the sets in a block of cells with random sets: z and two-sided p-values (cells × sets)."""

    def __call__(self, cells: CellBlock, /) -> tuple[np.ndarray, np.ndarray]: ...


def _as_they_are(sums: np.ndarray, _cells: CellBlock) -> np.ndarray:
    return sums


def _no_change(_cells: CellBlock) -> tuple[np.ndarray, np.ndarray]:
    return np.ones(1), np.zeros(1)


@dataclass(frozen=True)
class WeightedSum:
    r"""Scorer whose score is :math:`a \sum_{g \in S} w_g v_g + b` with the weights of a set and values of the genes.

    The values are those of the data, or depend on the ranks of the genes in a cell. :math:`a` and :math:`b` may depend on
    the cell and the set. Being a sum, the score has a null distribution with a closed form, and contributions of genes.
    """

    sets: SetIndex
    """The weights; control genes have negative ones."""
    n_genes: int
    """Number of genes that are ranked or summed over."""
    values: Callable[[CellBlock], GeneValues] | None = None
    """The values of the genes; those of the data by default."""
    finish: Callable[[np.ndarray, CellBlock], Scores] = _as_they_are
    """Makes scores of the sums."""
    affine: Callable[[CellBlock], tuple[np.ndarray, np.ndarray]] = _no_change
    """:math:`a` and :math:`b` (broadcast to cells × sets), by which ``finish`` makes a score, apart from limits."""
    drawn_from: SetIndex | None = None
    """The sets over the genes from which random sets are drawn, if these are not all genes."""
    matched: NullDistribution | None = None
    """The null distribution if random sets are matched in expression."""
    scale_free: bool = False
    """Whether scores do not change if all values of a cell are multiplied by a number."""

    def __call__(self, cells: CellBlock, /) -> Scores:
        """Score a block of cells."""
        if self.scale_free:
            cells = cells.rescaled
        return self.finish(self.sums(cells), cells)

    def sums(self, cells: CellBlock) -> np.ndarray:
        """Compute the sums of the sets (cells × sets)."""
        if self.values is None:
            return cells.sums(self.sets)
        sums: np.ndarray = self.sets.set_sums(*self.values(cells))
        return sums

    def null(self, cells: CellBlock) -> tuple[np.ndarray, np.ndarray]:
        """Compare with random sets: z and two-sided p-values (cells × sets)."""
        if self.matched is not None:
            return self.matched(cells)
        from scgsfm.kernels import value_moments

        if self.values is None:
            cells = cells.rescaled
        given = GeneValues(cells.indptr, cells.indices, cells.values, np.zeros(cells.shape[0]))
        found = given if self.values is None else self.values(cells)
        sums = cells.sums(self.sets) if self.values is None else self.sets.set_sums(*found)
        moments = value_moments(found.values, found.zero, found.indptr, self.n_genes)
        return self._random_sets.z_and_pvalues(sums, *moments)

    @cached_property
    def _random_sets(self) -> RandomSets:
        return RandomSets.of(self.drawn_from or self.sets, self.n_genes)
