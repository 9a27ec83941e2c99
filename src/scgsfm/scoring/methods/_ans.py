"""Adjusted neighborhood scoring (ANS)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from scgsfm._messages import check_at_least, listing, warn
from scgsfm.errors import GeneSetWarning
from scgsfm.scoring.engine import gene_means

from ._matched_sets import NeighborSets, nearest_windows, smallest_difference
from ._method import Method
from ._weighted_sum import WeightedSum

if TYPE_CHECKING:
    from scgsfm.kernels import GeneSteps
    from scgsfm.scoring._set_index import SetIndex
    from scgsfm.scoring.engine import BlockReader, CellBlock

    from ._method import Scorer

CTRL_SIZE, PER_CONTROL = 100, 10
"""The default number of control genes: 100 as in the publication, and at most a tenth of the genes."""


def ans(rows: BlockReader, sets: SetIndex, /, *, ctrl_size: int | None = None) -> Scorer:
    r"""Compute the mean difference of the genes of a set and their neighbors in mean expression.

    .. math:: \frac{1}{|S'|} \sum_{g \in S'} \left( x_g - \frac{1}{|C_g|} \sum_{h \in C_g} x_h \right)

    Genes are ordered by their mean over all cells. The control genes :math:`C_g` of gene :math:`g` are the ``ctrl_size``
    consecutive genes outside the set whose mean of means is nearest to that of :math:`g`. :math:`S'` is the set without
    the genes among the ``ctrl_size / 2`` with the lowest or the highest mean, which have no neighbors on one side. No gene
    is drawn at random. A set without any other gene has no score (NaN), and a warning names it. Reference: Ciernik et al.
    (2026), https://doi.org/10.1101/gr.280926.125.

    Parameters
    ----------
    rows, sets
        Cells and gene sets.
    ctrl_size
        Number of control genes of each gene; 100 by default, and at most a tenth of the genes.
    """
    size = max(1, min(CTRL_SIZE, rows.n_genes // PER_CONTROL)) if ctrl_size is None else ctrl_size
    check_at_least("ctrl_size", size, 1)
    means = gene_means(rows)
    order = np.argsort(means, kind="stable")
    position = np.empty(len(order), np.int64)
    position[order] = np.arange(len(order))
    kept = (position >= size // 2) & (position < len(order) - size // 2)
    inner = _without(sets, kept)
    scorer = NeighborhoodSum.of(sets, inner, means, order, size)
    empty = np.where(inner.n_found > 0, 0, np.nan)
    if np.isnan(empty).any():
        msg = (
            f"All genes of {listing([sets.names[i] for i in np.flatnonzero(np.isnan(empty))])} are among the {size // 2} "
            "with the lowest or the highest mean, which `method='ans'` leaves out, so these sets have no score (NaN). "
            "Lower `ctrl_size` or choose another method."
        )
        warn(msg, GeneSetWarning)
    null = NeighborSets.of(inner, means, order, min(size, len(order)))
    return replace(scorer, finish=lambda sums, _: sums + empty, affine=lambda _: (np.ones(1), empty), matched=null)


def _without(sets: SetIndex, kept: np.ndarray) -> SetIndex:
    """Return the sets without the genes that are not kept."""
    membership = sets.membership.copy()
    membership.data = np.where(kept[membership.indices], membership.data, 0)
    membership.eliminate_zeros()
    return replace(sets, membership=membership)


@dataclass(frozen=True)
class NeighborhoodSum(WeightedSum):
    """The mean of the genes of a set minus that of their control genes, which are windows of the order of means."""

    corrected: SetIndex | None = None
    """The weights of the genes of a set, minus those that ``steps`` give them."""
    steps: GeneSteps | None = None
    """The weights of the control genes."""

    def sums(self, cells: CellBlock) -> np.ndarray:
        """Compute the sums of the sets (cells × sets)."""
        from scgsfm.kernels import step_sums

        of_genes = cells.sums(self.corrected or self.sets)
        return (
            of_genes
            if self.steps is None
            else of_genes + step_sums(cells.values, cells.indices, cells.indptr, self.steps)
        )

    @classmethod
    def of(cls, sets: SetIndex, inner: SetIndex, means: np.ndarray, order: np.ndarray, size: int) -> NeighborhoodSum:
        """Find the control genes of the kept genes (``inner``) of each set, which are no genes of the set."""
        from scgsfm.kernels import GeneSteps

        position = np.empty(len(order), np.int64)
        position[order] = np.arange(len(order))
        sorted_means, every = means[order], np.arange(len(order) + 1)
        tie = smallest_difference(means)
        own, corrected, at, change = [], [], [], []
        is_other = np.ones(len(order) + 1, bool)
        kept_of = np.split(inner.membership.indices, inner.membership.indptr[1:-1])
        for members, kept in zip(np.split(sets.membership.indices, sets.membership.indptr[1:-1]), kept_of, strict=True):
            is_other[position[members]] = False
            others = every[is_other]  # positions, and the end
            is_other[position[members]] = True
            n = min(size, len(others) - 1)
            starts = np.zeros(0, np.int64)
            if n and len(kept):
                starts = nearest_windows(sorted_means[others[:-1]], means[kept], n, tie=tie)
            # a window adds its weight where it begins and removes it at the gene after it
            steps, inverse = np.unique(np.concatenate([others[starts], others[starts + n]]), return_inverse=True)
            each = 1 / (max(n, 1) * max(len(kept), 1))
            changes = np.bincount(inverse, np.repeat([-each, each], len(starts)), len(steps))
            at.append(steps)
            change.append(changes)
            # genes of the set within windows get their weight, and lose it again
            before = np.searchsorted(steps, position[members], side="right")
            own.append(np.isin(members, kept) / max(len(kept), 1))
            corrected.append(own[-1] - np.concatenate([[0], np.cumsum(changes)])[before])
        set_indptr = np.cumsum([0, *map(len, at)])
        return cls(
            sets.reweighted(np.concatenate(own)),
            len(order),
            corrected=sets.reweighted(np.concatenate(corrected)),
            steps=GeneSteps(position, set_indptr, np.concatenate(at), np.concatenate(change)),
        )


ANS = Method(
    name="ans",
    prepare=ans,
    title="Adjusted neighborhood scoring (ANS)",
    statistic="mean of the genes of the set minus the means of their neighbors in the order of mean expression",
    reference="https://doi.org/10.1101/gr.280926.125",
    range=(-np.inf, np.inf),
    weights=False,
    signs=False,
    missing_genes="skipped",
    values="log-normalized",
    null="each gene replaced by one of its neighbors in expression",
    task="marker sets whose scores are compared with each other",
    when="signatures compared with each other in the same cells; control genes that don't depend on a seed",
    leaves_out_sets=True,
    avoid="sets of the highest expressed genes, which have no neighbors; data without normalization; comparison of data sets",
    peer="the definition in the publication, computed gene by gene",
)
