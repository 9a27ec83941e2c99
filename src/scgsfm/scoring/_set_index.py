"""Gene sets over the genes of a data set, indexed by gene."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csc_array, csr_array

from scgsfm._messages import agrees, number, warn
from scgsfm.errors import GeneMatchError, GeneSetWarning
from scgsfm.genes import check_share, gene_labels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from scgsfm.genesets import GeneSets


FEW_GENES = 5
"""Sets of which fewer genes, and less than half, are in the data are named in a warning."""
LOW_SHARE = 0.2
"""Sets of which a lower share of genes is in the data are named in a warning."""


@dataclass(frozen=True, eq=False)
class SetIndex:
    """Gene sets over the genes of a data set, with an index from genes to sets."""

    names: list[str]
    membership: csr_array
    """Weights (sets × genes); genes outside a set are not stored."""
    n_listed: np.ndarray
    """Number of genes of each set, including genes missing from the data."""
    n_down: np.ndarray
    """Number of these that have negative weights."""
    genes: np.ndarray | None = None
    """Names of the genes of the data."""
    share: float = 1.0
    """Fraction of the genes of all sets (or of the genes of the data, if there are fewer) that was matched."""

    @classmethod
    def match(cls, sets: GeneSets, genes: Iterable[str]) -> SetIndex:
        """Match gene sets to the genes of a data set.

        The fraction of matched genes is checked and reported: of the genes of the sets or, if the data has fewer genes,
        of the data.
        """
        genes = np.asarray(genes, dtype=object)
        membership = sets.membership(genes)
        label_of = dict(zip(sets.genes, gene_labels(sets.genes).tolist(), strict=True))
        n_genes = len(set(label_of.values()))
        share = check_share(
            len(np.unique(membership.indices)),
            min(n_genes, int(np.count_nonzero(genes != ""))),
            what="genes of the sets in the data",
            examples_given=sets.genes,
            examples_expected=genes,
        )
        membership.eliminate_zeros()
        n_listed = sets.sizes
        if n_genes < len(label_of):  # several names for one gene
            n_listed = np.array([len({label_of[gene] for gene in sets[name]}) for name in sets])
        n_down = 0 * n_listed
        if sets.signed:
            n_down = np.array([len({label_of[gene] for gene in _down(sets, name)}) for name in sets])
        return cls(sets.names, membership, n_listed, n_down, genes, share)

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def by_gene(self) -> csc_array:
        """The membership matrix by columns: the sets of each gene."""
        sets = csc_array(self.membership, dtype=np.float64)
        arrays = sets.data, sets.indices.astype(np.int32), sets.indptr.astype(np.int32)
        return csc_array(arrays, shape=sets.shape)

    @cached_property
    def n_found(self) -> np.ndarray:
        """Number of genes of each set that are in the data."""
        return np.diff(self.membership.indptr)

    @cached_property
    def total(self) -> np.ndarray:
        """Sum of the weights of each set."""
        total: np.ndarray = self.membership.sum(axis=1)
        return total

    @cached_property
    def total_abs(self) -> np.ndarray:
        """Sum of the absolute weights of each set."""
        total: np.ndarray = abs(self.membership).sum(axis=1)
        return total

    def weights(self) -> Iterator[np.ndarray]:
        """Iterate over the weights of the genes of each set."""
        return iter(np.split(self.membership.data, self.membership.indptr[1:-1]))

    def names_where(self, condition: Callable[[np.ndarray], np.ndarray]) -> list[str]:
        """Return the names of the sets with a weight that meets a condition."""
        met = condition(self.membership.data)
        sets = np.repeat(np.arange(len(self)), self.n_found)[met]
        return [self.names[i] for i in np.unique(sets)]

    def take_genes(self, genes: np.ndarray) -> SetIndex:
        """Return the same sets over a selection, or another order, of the genes."""
        return replace(self, membership=self.membership[:, genes], genes=None)

    def reweighted(self, weights: np.ndarray) -> SetIndex:
        """Return the same sets with other weights, in the order of ``membership.data``."""
        arrays = weights, self.membership.indices, self.membership.indptr
        return replace(self, membership=csr_array(arrays, shape=self.membership.shape))

    def at_least(self, min_genes: int) -> SetIndex:
        """Return the sets with at least ``min_genes`` genes in the data.

        A warning names the others. Raises GeneMatchError if no set is left.
        """
        enough = self.n_found >= min_genes
        if not enough.all():
            n = int(np.count_nonzero(~enough))
            lack = "no gene" if min_genes <= 1 else f"fewer than {min_genes} genes"
            msg = (
                f"{n} of {number(len(self), 'set')} {agrees(n, 'has', 'have')} {lack} in the data and "
                f"{agrees(n, 'is', 'are')} left out: {self._coverage(~enough)}."
            )
            if not enough.any():
                msg += " No set is left. Lower `min_genes` or use sets with more genes in the data."
                raise GeneMatchError(msg)
            warn(msg, GeneSetWarning)
        return self if enough.all() else self._take(np.flatnonzero(enough))

    def warn_of_low_coverage(self) -> None:
        """Warn of sets with less than 20 % of their genes in the data, or fewer than five genes and less than half."""
        share = self.n_found / np.maximum(self.n_listed, 1)
        little = (share < LOW_SHARE) | ((self.n_found < FEW_GENES) & (share < 0.5))
        if little.any():
            msg = (
                f"Few genes of {np.count_nonzero(little)} of {number(len(self), 'set')} are in the data, so their scores may "
                f"not represent the sets: {self._coverage(little)}. Set `min_genes` to leave such sets out."
            )
            warn(msg, GeneSetWarning)

    def _take(self, kept: np.ndarray) -> SetIndex:
        names = [self.names[i] for i in kept]
        return SetIndex(names, self.membership[kept], self.n_listed[kept], self.n_down[kept], self.genes, self.share)

    def _coverage(self, sets: np.ndarray, n: int = 5) -> str:
        """Names of some sets, with the number of their genes in the data."""
        chosen = np.flatnonzero(sets)
        shown = [f"{self.names[i]!r} ({self.n_found[i]} of {self.n_listed[i]})" for i in chosen[:n]]
        return ", ".join(shown) + (f" and {len(chosen) - n} more" if len(chosen) > n else "")

    def set_sums(
        self, indptr: np.ndarray, indices: np.ndarray, values: np.ndarray, zero: np.ndarray | None = None
    ) -> np.ndarray:
        """Compute the weighted sum of the genes of each set in each cell, float64 (cells × sets).

        The values are those of a CSR matrix of cells. For each cell, ``zero`` is the value of the genes that are not
        stored.
        """
        from scgsfm.kernels import set_sums

        zero = np.zeros(len(indptr) - 1) if zero is None else zero
        sets = self.by_gene
        return set_sums(indptr, indices, values, zero, sets.indptr, sets.indices, sets.data, self.total)


def _down(sets: GeneSets, name: str) -> list[str]:
    """The genes of a set with negative weights."""
    return [gene for gene, weight in zip(sets[name], sets.weights(name), strict=True) if weight < 0]
