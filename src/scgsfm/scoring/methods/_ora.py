"""Over-representation analysis of the top genes of each cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._method import Method

if TYPE_CHECKING:
    from scgsfm.scoring._set_index import SetIndex
    from scgsfm.scoring.engine import BlockReader, CellBlock

    from ._method import Scorer, Scores


def ora(rows: BlockReader, sets: SetIndex, /, *, n_up: int | None = None) -> Scorer:
    r"""Test over-representation of a set among the top genes of a cell.

    With :math:`a` top genes in the set, :math:`b` other genes of the set, :math:`c` top genes outside the set and
    :math:`d` other genes, the score is the log odds ratio (with the correction of Haldane and Anscombe)

    .. math:: \log \frac{(a + 0.5)(d + 0.5)}{(b + 0.5)(c + 0.5)}

    and the p-value that of Fisher's exact test. Reference: Fisher (1922), https://doi.org/10.2307/2340521.

    Parameters
    ----------
    rows, sets
        Cells and gene sets.
    n_up
        Number of top genes; 5 % of the genes by default. A gene is among the top genes if its value is positive and
        fewer than ``n_up`` genes have a higher value. All ties at the limit are included.
    """
    n = rows.n_genes
    top = int(np.ceil(0.05 * n)) if n_up is None else n_up
    if not 1 <= top <= n:
        msg = f"`n_up` is {n_up}, but must be at least 1 and at most the number of genes ({n})."
        raise ValueError(msg)

    def score(cells: CellBlock) -> Scores:
        from scgsfm.kernels import fisher_greater

        # decoupler 2.2 ranks from the lowest value and takes the ranks above n_up: all genes but the lowest ones
        high = (cells.ranks.firsts <= top)[cells.ranks.groups] & (cells.data > 0)
        n_high = np.diff(np.append(0, np.cumsum(high))[cells.indptr])
        hits = sets.set_sums(cells.indptr, cells.indices, high)
        return _log_odds(hits, n_high[:, None], sets.n_found, n), fisher_greater(hits, n_high, sets.n_found, n)

    return score


def _log_odds(hits: np.ndarray, n_high: np.ndarray, sizes: np.ndarray, n: int) -> np.ndarray:
    """Compute log odds ratios, 0.5 added to each count; 0 if there is nothing to compare."""
    not_high, high_outside = sizes - hits, n_high - hits
    odds = np.log((hits + 0.5) * (n - sizes - high_outside + 0.5) / ((not_high + 0.5) * (high_outside + 0.5)))
    return np.where((n_high > 0) & (n_high < n) & (sizes < n), odds, 0.0)


ORA = Method(
    name="ora",
    prepare=ora,
    title="Over-representation analysis",
    statistic="log odds ratio of genes of the set being among the top 5 % of the cell",
    reference="https://doi.org/10.2307/2340521",
    range=(-np.inf, np.inf),
    weights=False,
    signs=False,
    missing_genes="skipped",
    test="Fisher's exact test, one-sided (over-representation)",
    task="over-representation among the highest genes, with exact p-values",
    when="a test in each cell that assumes nothing about the values",
    avoid="shallow cells, in which a set has one or two hits; use the p-value rather than the score to compare sets",
    peer="none: decoupler's version counts other genes as high",
)
