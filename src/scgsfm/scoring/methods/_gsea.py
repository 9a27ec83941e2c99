"""Gene set enrichment analysis (GSEA) of each cell, with a permutation null."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from scgsfm._messages import check_at_least, check_choice

from ._method import Method

if TYPE_CHECKING:
    from scgsfm.scoring._set_index import SetIndex
    from scgsfm.scoring.engine import BlockReader, CellBlock

    from ._method import Scorer, Scores

SMALL = 10
"""Up to this number of genes there are random sets of each size; above it, sizes grow by the factor ``RATIO``."""
RATIO = 1.25


class Null(NamedTuple):
    """Random sets of one size, and the sets that are compared with them."""

    positions: np.ndarray
    """Positions of their genes in the order of a cell (random sets × genes)."""
    sets: np.ndarray
    """The sets of about this size."""
    weights: np.ndarray
    """Weight of this null in the interpolation for each of the sets: 1 for a set of exactly this size."""


def gsea(
    rows: BlockReader, sets: SetIndex, /, *, statistic: Literal["nes", "es"] = "nes", times: int = 1000, rng: int = 0
) -> Scorer:
    r"""Compute GSEA in each cell: the enrichment score of a set, compared with those of random sets.

    Down the :math:`N` genes of the cell, the highest value first, the running sum of a set :math:`S` is

    .. math:: P(i) = \sum_{g_j \in S, j \le i} \frac{|x_j|}{N_R} - \sum_{g_j \notin S, j \le i} \frac{1}{N - |S|},
        \qquad N_R = \sum_{g_j \in S} |x_j|

    The enrichment score :math:`ES` is the largest deviation of :math:`P` from zero. Tied genes are passed in one step.
    The normalized score is :math:`NES = ES / \mathrm{mean}(|ES_{random}|)` over the random sets of the same sign, and
    the p-value is the fraction of these that are at least as far from zero. Reference: Subramanian et al. (2005),
    https://doi.org/10.1073/pnas.0506580102.

    Parameters
    ----------
    rows, sets
        Cells and gene sets.
    statistic
        ``"nes"`` for the normalized score, ``"es"`` for the enrichment score itself.
    times
        Number of random sets.
    rng
        Seed of the random sets.
    """
    check_choice("statistic", statistic, ("nes", "es"))
    check_at_least("times", times, 1)
    n, sizes, index = rows.n_genes, sets.n_found, sets.by_gene
    nulls = random_sets(sizes, n, times, rng)

    def score(cells: CellBlock) -> Scores:
        from scgsfm.kernels import descending_order, gsea_scores, nes_and_pvalues, permutation_null

        cells = cells.rescaled
        descent = descending_order(cells.ranks, cells.data, cells.indices, cells.indptr, n)
        es = gsea_scores(descent, index.indptr, index.indices, sizes, n)
        typical, log_p = np.zeros_like(es), np.zeros_like(es)
        for positions, similar, weights in nulls:
            means, p = nes_and_pvalues(es[:, similar], permutation_null(descent, positions, n))
            typical[:, similar] += weights * means
            log_p[:, similar] += weights * np.log(p)
        nes = np.divide(es, typical, out=np.zeros_like(es), where=typical > 0)
        return nes if statistic == "nes" else es, np.exp(log_p)

    return score


def random_sets(sizes: np.ndarray, n_genes: int, times: int, rng: int) -> list[Null]:
    """Draw random sets on a grid of sizes, the same for all cells and independent of the other sets.

    A set between two sizes of the grid is compared with both, interpolated linearly in the logarithm of the size, so
    that a large collection needs few null distributions.
    """
    from scgsfm.kernels import random_positions

    large = SMALL * RATIO ** np.arange(1, 1 + np.ceil(np.log(max(n_genes / SMALL, 1)) / np.log(RATIO)))
    grid = np.unique(np.append(np.arange(1, SMALL + 1), large.astype(int)).clip(1, max(n_genes - 1, 1)))
    check_at_least("rng", rng, 0)
    nulls = []
    for i, size in enumerate(grid):
        weights = np.interp(np.log(sizes), np.log(grid), np.arange(len(grid)) == i)
        similar = np.flatnonzero((weights > 0) & (sizes < n_genes))
        if len(similar):
            positions = random_positions(np.random.default_rng([rng, int(size)]), n_genes, int(size), times)
            nulls.append(Null(positions, similar, weights[similar]))
    return nulls


GSEA = Method(
    name="gsea",
    prepare=gsea,
    title="Gene set enrichment analysis",
    statistic="enrichment score (running sum) divided by its mean in random sets of the same size",
    reference="https://doi.org/10.1073/pnas.0506580102",
    range=(-np.inf, np.inf),
    weights=False,
    signs=False,
    missing_genes="skipped",
    values="log-normalized",
    test="random sets of the same size",
    task="bulk samples, pseudobulks and fold changes, with p-values",
    when="a table of samples or contrasts whose values are not mostly zero",
    avoid="single cells: with many zeros, any set with one expressed gene scores high",
    peer='decoupler without ties (`statistic="es"`); the random sets differ',
)
