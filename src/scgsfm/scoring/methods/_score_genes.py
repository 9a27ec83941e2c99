"""The gene score of scanpy and Seurat."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from scgsfm._messages import check_at_least, listing
from scgsfm.genes import check_share, match
from scgsfm.scoring.engine import gene_means

from ._matched_sets import BinnedSets
from ._method import Method
from ._weighted_sum import WeightedSum

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scgsfm.scoring._set_index import SetIndex
    from scgsfm.scoring.engine import BlockReader

    from ._method import Scorer


def score_genes(
    rows: BlockReader,
    sets: SetIndex,
    /,
    *,
    ctrl_size: int = 50,
    n_bins: int = 25,
    gene_pool: Sequence[str] | None = None,
    ctrl_as_ref: bool = True,
    random_state: int | None = 0,
) -> Scorer:
    r"""Compute the mean of a set minus the mean of control genes of similar expression.

    .. math:: \frac{1}{|S|} \sum_{g \in S} x_g - \frac{1}{|C|} \sum_{g \in C} x_g

    Genes are binned by the rank of their mean over all cells. The control genes :math:`C` are drawn from the bins of the
    genes of the set, without the genes of the set. As in scanpy, the draws for each set start from the same seed.
    Reference: Tirosh et al. (2016), https://doi.org/10.1126/science.aad0501.

    Parameters
    ----------
    rows, sets
        Cells and gene sets.
    ctrl_size
        Number of control genes drawn from each bin.
    n_bins
        Number of bins.
    gene_pool
        Genes to bin and draw from; all by default.
    ctrl_as_ref
        Whether genes of the set may be drawn (and then be dropped), as in scanpy.
    random_state
        Seed of the draws; ``None`` draws anew each time.
    """
    check_at_least("ctrl_size", ctrl_size, 1)
    check_at_least("n_bins", n_bins, 2)
    if random_state is not None:
        check_at_least("random_state", random_state, 0)
    pool = np.arange(rows.n_genes) if gene_pool is None else _genes_of_pool(gene_pool, sets)
    bins = _bins(gene_means(rows), pool, n_bins)
    controls = _controls(sets, bins, pool, ctrl_size, ctrl_as_ref, random_state)
    n_controls = np.diff(controls.indptr)
    if not n_controls.all():
        msg = (
            "No control genes are left for: "
            f"{listing([sets.names[i] for i in np.flatnonzero(n_controls == 0)])}. These sets contain all genes of their "
            "bins. Lower `n_bins` or remove the sets."
        )
        raise ValueError(msg)
    contrast = sets.membership.multiply(1 / sets.n_found[:, None]) - controls.multiply(1 / n_controls[:, None])
    contrasts = replace(sets, membership=csr_array(contrast))
    return WeightedSum(contrasts, rows.n_genes, matched=BinnedSets.of(sets, bins))


def _genes_of_pool(gene_pool: Sequence[str], sets: SetIndex) -> np.ndarray:
    """Return the genes of the data that are in the pool, in the order of the pool, on which the draws depend."""
    genes = () if sets.genes is None else sets.genes
    matched = match(gene_pool, genes)
    matched = matched[matched >= 0]
    check_share(
        len(matched),
        len(gene_pool),
        what="genes of `gene_pool` in the data",
        examples_given=gene_pool,
        examples_expected=genes,
    )
    return matched[np.sort(np.unique(matched, return_index=True)[1])]


def _bins(means: np.ndarray, pool: np.ndarray, n_bins: int) -> np.ndarray:
    """Return the bin of each gene, -1 outside the pool. Ties are in the same bin, so bins may differ in size."""
    from scipy.stats import rankdata

    per_bin = max(1, round(len(pool) / (n_bins - 1)))
    bins = np.full(len(means), -1)
    bins[pool] = rankdata(means[pool], method="min") // per_bin
    return bins


def _controls(
    sets: SetIndex, bins: np.ndarray, pool: np.ndarray, ctrl_size: int, ctrl_as_ref: bool, random_state: int | None
) -> csr_array:
    """Draw the control genes of each set, as a membership matrix."""
    in_bin = {number: pool[bins[pool] == number] for number in np.unique(bins[pool])}

    @cache
    def draws(sizes: tuple[int, ...]) -> list[np.ndarray]:
        """Draw positions in lists of candidates of these sizes, one after the other as scanpy does."""
        rng = np.random.RandomState(random_state)
        return [rng.choice(n, ctrl_size, replace=False) if ctrl_size < n else np.arange(n) for n in sizes]

    chosen = []
    in_set = np.zeros(len(bins), bool)
    for genes, name in zip(np.split(sets.membership.indices, sets.membership.indptr[1:-1]), sets.names, strict=True):
        numbers = sorted(set(bins[genes].tolist()))
        if numbers and numbers[0] < 0:
            msg = f"`gene_pool` must hold the genes of all sets, but lacks some of {name!r}."
            raise ValueError(msg)
        in_set[genes] = True
        candidates = [in_bin[number] for number in numbers]
        if not ctrl_as_ref:
            candidates = [some[~in_set[some]] for some in candidates]
        positions = draws(tuple(map(len, candidates)))
        drawn = np.concatenate([some[i] for some, i in zip(candidates, positions, strict=True)])
        chosen.append(np.sort(drawn[~in_set[drawn]]))
        in_set[genes] = False
    indptr = np.cumsum([0, *map(len, chosen)])
    return csr_array((np.ones(indptr[-1]), np.concatenate(chosen), indptr), shape=sets.membership.shape)


SCORE_GENES = Method(
    name="score_genes",
    prepare=score_genes,
    title="Gene score of scanpy and Seurat",
    statistic="mean of the genes of the set minus the mean of control genes of similar expression",
    reference="https://doi.org/10.1126/science.aad0501",
    range=(-np.inf, np.inf),
    weights=False,
    signs=False,
    missing_genes="skipped",
    values="log-normalized",
    null="same number of genes in each bin of expression",
    task="marker sets, comparable with scanpy and Seurat",
    when="continuing an analysis made by scanpy; phases of the cell cycle",
    avoid="small data sets or panels, where few control genes are left; data without normalization; comparison of data sets",
    peer="scanpy, to 2e-7 (the precision of float32) for the same seed",
)
