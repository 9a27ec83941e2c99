from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csc_array, csr_array

from scgsfm._messages import listing, warn
from scgsfm.errors import GeneMatchError, GeneSetWarning
from scgsfm.genes import check_share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from scgsfm.genesets import GeneSets


@dataclass(frozen=True, eq=False)
class SetIndex:
    """Gene sets over the genes of a data set, ready to be looked up by gene."""

    names: list[str]
    membership: csr_array
    """Weights (sets × genes), 0 for genes outside a set."""
    n_listed: np.ndarray
    """Number of genes that each set lists, also those that the data lacks."""
    n_down: np.ndarray
    """How many of these have negative weights."""
    genes: np.ndarray | None = None
    """Names of the genes of the data."""

    @classmethod
    def match(cls, sets: GeneSets, genes: Iterable[str]) -> SetIndex:
        """Match gene sets to the genes of a data set.

        The share that is reported is that of the genes of the sets or, if the data has fewer, of the data's.
        """
        genes = np.asarray(genes, dtype=object)
        membership = sets.membership(genes)
        check_share(
            len(np.unique(membership.indices)),
            min(len(sets.genes), len(genes)),
            what="genes of the sets in the data",
            examples_given=sets.genes,
            examples_expected=genes,
        )
        membership.eliminate_zeros()
        n_down = np.array([(sets.weights(name) < 0).sum() for name in sets]) if sets.signed else 0 * sets.sizes
        return cls(sets.names, membership, sets.sizes, n_down, genes)

    def __len__(self) -> int:
        return self.membership.shape[0]

    @cached_property
    def by_gene(self) -> csc_array:
        """The membership matrix by columns: the sets of each gene."""
        sets = csc_array(self.membership, dtype=np.float64)
        arrays = sets.data, sets.indices.astype(np.int32), sets.indptr.astype(np.int32)
        return csc_array(arrays, shape=sets.shape)

    @cached_property
    def n_found(self) -> np.ndarray:
        """Number of genes of each set that the data has."""
        return np.diff(self.membership.indptr)

    @cached_property
    def total(self) -> np.ndarray:
        """Sum of the weights of each set."""
        return self.membership.sum(axis=1)

    @cached_property
    def total_abs(self) -> np.ndarray:
        """Sum of the absolute weights of each set."""
        return abs(self.membership).sum(axis=1)

    def weights(self) -> Iterator[np.ndarray]:
        """The weights of each set's genes."""
        return iter(np.split(self.membership.data, self.membership.indptr[1:-1]))

    def names_where(self, condition: Callable[[np.ndarray], np.ndarray]) -> list[str]:
        """Names of the sets with a weight that meets a condition."""
        met = condition(self.membership.data)
        sets = np.repeat(np.arange(len(self)), self.n_found)[met]
        return [self.names[i] for i in np.unique(sets)]

    def take_genes(self, genes: np.ndarray) -> SetIndex:
        """The same sets over a selection or another order of the genes."""
        return replace(self, membership=self.membership[:, genes], genes=None)

    def reweighted(self, weights: np.ndarray) -> SetIndex:
        """The same sets with other weights, in the order of ``membership.data``."""
        arrays = weights, self.membership.indices, self.membership.indptr
        return replace(self, membership=csr_array(arrays, shape=self.membership.shape))

    def at_least(self, min_genes: int) -> SetIndex:
        """The sets of which the data has ``min_genes`` genes; a warning names the others.

        Raises GeneMatchError if none is left.
        """
        enough = self.n_found >= min_genes
        if enough.all():
            return self
        left_out = [name for name, found in zip(self.names, enough, strict=True) if not found]
        msg = (
            f"{len(left_out)} of {len(self)} sets have fewer than {min_genes} genes in the data and are left out: "
            f"{listing(left_out)}."
        )
        if not enough.any():
            raise GeneMatchError(f"{msg} None is left; lower `min_genes` or take sets with more genes of the data.")
        warn(msg, GeneSetWarning)
        kept = np.flatnonzero(enough)
        names = [self.names[i] for i in kept]
        return SetIndex(names, self.membership[kept], self.n_listed[kept], self.n_down[kept], self.genes)

    def set_sums(
        self, indptr: np.ndarray, indices: np.ndarray, values: np.ndarray, zero: np.ndarray | None = None
    ) -> np.ndarray:
        """For each cell and set the weighted sum of the set's genes' values, float64 (cells × sets).

        A cell's genes with their values are those of a CSR matrix; ``zero`` has for each cell the value of all
        other genes.
        """
        from scgsfm.kernels import set_sums

        zero = np.zeros(len(indptr) - 1) if zero is None else zero
        sets = self.by_gene
        return set_sums(indptr, indices, values, zero, sets.indptr, sets.indices, sets.data, self.total)
