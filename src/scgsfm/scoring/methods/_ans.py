"""Adjusted neighborhood scoring (ANS)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from scgsfm._messages import check_at_least, listing, warn
from scgsfm.errors import GeneSetWarning
from scgsfm.scoring.engine import gene_means

from ._matched_sets import NeighborSets, nearest_windows
from ._method import Method
from ._weighted_sum import WeightedSum

if TYPE_CHECKING:
    from scgsfm.scoring._set_index import SetIndex
    from scgsfm.scoring.engine import BlockReader

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
    contrasts = replace(sets, membership=_contrasts(sets, inner, means, order, size))
    empty = np.where(inner.n_found > 0, 0, np.nan)
    if np.isnan(empty).any():
        msg = (
            f"All genes of {listing([sets.names[i] for i in np.flatnonzero(np.isnan(empty))])} are among the {size // 2} "
            "with the lowest or the highest mean, which `method='ans'` leaves out, so these sets have no score (NaN). "
            "Lower `ctrl_size` or choose another method."
        )
        warn(msg, GeneSetWarning)
    null = NeighborSets.of(inner, means, order, min(size, len(order)))
    return WeightedSum(contrasts, rows.n_genes, finish=lambda sums, _: sums + empty, matched=null)


def _without(sets: SetIndex, kept: np.ndarray) -> SetIndex:
    """Return the sets without the genes that are not kept."""
    membership = sets.membership.copy()
    membership.data = np.where(kept[membership.indices], membership.data, 0)
    membership.eliminate_zeros()
    return replace(sets, membership=membership)


def _contrasts(sets: SetIndex, inner: SetIndex, means: np.ndarray, order: np.ndarray, size: int) -> csr_array:
    """Return the weights of the genes of each set that are kept, and of their control genes (sets × genes).

    Genes of the set are no control genes, those that are not kept included.
    """
    indices, weights = [], []
    in_set = np.zeros(len(means), bool)
    listed = np.split(sets.membership.indices, sets.membership.indptr[1:-1])
    for members, genes in zip(listed, np.split(inner.membership.indices, inner.membership.indptr[1:-1]), strict=True):
        in_set[members] = True
        others = order[~in_set[order]]
        in_set[members] = False
        n = min(size, len(others))
        if not len(genes) or not n:
            indices.append(genes)
            weights.append(np.full(len(genes), 1 / max(len(genes), 1)))
            continue
        starts = nearest_windows(means[others], means[genes], n)
        # the number of windows that contain each gene, by the cumulative sum of windows that begin and end there
        edges = np.bincount(starts, minlength=len(others) + 1) - np.bincount(starts + n, minlength=len(others) + 1)
        n_windows = np.cumsum(edges)[:-1]
        used = np.flatnonzero(n_windows)
        indices.append(np.concatenate([genes, others[used]]))
        weights.append(np.concatenate([np.full(len(genes), 1.0), -n_windows[used] / n]) / len(genes))
    indptr = np.cumsum([0, *map(len, indices)])
    contrasts = csr_array((np.concatenate(weights), np.concatenate(indices), indptr), shape=sets.membership.shape)
    contrasts.sort_indices()
    return contrasts


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
    avoid="sets of the highest expressed genes, which have no neighbors; data without normalization; comparison of data sets",
    peer="the definition in the publication, computed gene by gene",
)
