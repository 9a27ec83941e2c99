from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csc_array, csr_array

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True)
class SetIndex:
    """Gene sets over the genes of a data set, ready to be looked up by gene."""

    names: Sequence[str]
    membership: csr_array
    """Weights (sets × genes), 0 for genes outside a set."""
    n_listed: np.ndarray
    """Number of genes that each set lists, also those that the data lacks."""

    def __len__(self) -> int:
        return self.membership.shape[0]

    @cached_property
    def by_gene(self) -> csc_array:
        """The membership matrix by columns: the sets of each gene."""
        return csc_array(self.membership, dtype=np.float64)

    @cached_property
    def n_found(self) -> np.ndarray:
        """Number of genes of each set that the data has."""
        return np.diff(self.membership.indptr)

    @cached_property
    def total(self) -> np.ndarray:
        """Sum of the weights of each set."""
        return self.membership.sum(axis=1)

    def weights(self) -> Iterator[np.ndarray]:
        """The weights of each set's genes."""
        return iter(np.split(self.membership.data, self.membership.indptr[1:-1]))

    def take_genes(self, genes: np.ndarray) -> SetIndex:
        """The same sets over a selection or another order of the genes."""
        return SetIndex(self.names, self.membership[:, genes], self.n_listed)

    def scatter(
        self, indptr: np.ndarray, indices: np.ndarray, values: np.ndarray, zero: np.ndarray | None = None
    ) -> np.ndarray:
        """For each cell and set the weighted sum of the set's genes' values, float64 (cells × sets).

        A cell's genes with their values are those of a CSR matrix; ``zero`` has for each cell the value of all
        other genes.
        """
        from ..kernels import scatter

        zero = np.zeros(len(indptr) - 1) if zero is None else zero
        sets = self.by_gene
        return scatter(indptr, indices, values, zero, sets.indptr, sets.indices, sets.data, self.total)
