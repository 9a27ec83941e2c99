from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from ._method import Method

if TYPE_CHECKING:
    from scgsfm.scoring._set_index import SetIndex
    from scgsfm.scoring.engine import BlockReader, CellBlock

    from ._method import Scorer, Scores

SMALL = 10
"""Up to this number of genes there are random sets of every size, above it of sizes ``RATIO`` apart."""
RATIO = 1.25


class Null(NamedTuple):
    """Random sets of one size, and the sets to compare with them."""

    places: np.ndarray
    """Where their genes stand in the order of a cell (random sets × genes)."""
    near: np.ndarray
    """Sets of about this size."""
    shares: np.ndarray
    """How much the random sets say of each of these: 1 for this very size, less on the way to the next ones."""


def gsea(
    rows: BlockReader, sets: SetIndex, /, *, statistic: Literal["nes", "es"] = "nes", times: int = 1000, rng: int = 0
) -> Scorer:
    """Largest deviation of a running sum down the cell's genes, compared with that of ``times`` random sets.

    At a gene of the set the sum rises by the gene's share in the set's absolute values, elsewhere it falls evenly;
    genes of the same value are passed in one step. ``"nes"`` is this enrichment score (``"es"``) over the mean of the
    random ones of its sign.
    """
    _check(statistic, times)
    n, sizes, index = rows.n_genes, sets.n_found, sets.by_gene
    nulls = random_sets(sizes, n, times, rng)

    def score(cells: CellBlock) -> Scores:
        from scgsfm.kernels import descending_order, gsea_scores, nes_and_pvalues, permutation_null

        descent = descending_order(cells.ranks, cells.data, cells.indices, cells.indptr, n)
        es = gsea_scores(descent, index.indptr, index.indices, sizes, n)
        typical, log_p = np.zeros_like(es), np.zeros_like(es)
        for places, near, shares in nulls:
            means, p = nes_and_pvalues(es[:, near], permutation_null(descent, places, n))
            typical[:, near] += shares * means
            log_p[:, near] += shares * np.log(p)
        nes = np.divide(es, typical, out=np.zeros_like(es), where=typical > 0)
        return nes if statistic == "nes" else es, np.exp(log_p)

    return score


def random_sets(sizes: np.ndarray, n_genes: int, times: int, rng: int) -> list[Null]:
    """Random sets for sets of these sizes, the same for all cells and whatever the other sets."""
    from scgsfm.kernels import random_positions

    large = SMALL * RATIO ** np.arange(1, 1 + np.ceil(np.log(max(n_genes / SMALL, 1)) / np.log(RATIO)))
    grid = np.unique(np.append(np.arange(1, SMALL + 1), large.astype(int)).clip(1, max(n_genes - 1, 1)))
    nulls = []
    for i, size in enumerate(grid):
        shares = np.interp(np.log(sizes), np.log(grid), np.arange(len(grid)) == i)
        near = np.flatnonzero((shares > 0) & (sizes < n_genes))
        if len(near):
            places = random_positions(np.random.default_rng([rng, int(size)]), n_genes, int(size), times)
            nulls.append(Null(places, near, shares[near]))
    return nulls


def _check(statistic: str, times: int) -> None:
    if statistic not in {"nes", "es"}:
        msg = f"`statistic` is {statistic!r}, but must be 'nes' or 'es'."
        raise ValueError(msg)
    if times < 1:
        msg = f"`times` is {times}, but must be at least 1."
        raise ValueError(msg)


GSEA = Method(
    name="gsea",
    prepare=gsea,
    title="Gene set enrichment analysis",
    statistic="largest deviation of a running sum down the cell's genes, over its mean in random sets",
    reference="https://doi.org/10.1073/pnas.0506580102",
    range=(-np.inf, np.inf),
    weights=False,
    signs=False,
    missing="skipped",
    test="random sets of the same size",
)
