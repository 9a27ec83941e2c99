from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._method import Method

if TYPE_CHECKING:
    from scgsfm.scoring._set_index import SetIndex
    from scgsfm.scoring.engine import BlockReader, CellBlock

    from ._method import Scorer, Scores


def ora(rows: BlockReader, sets: SetIndex, /, *, n_up: int | None = None) -> Scorer:
    """Over-representation of a set among a cell's ``n_up`` highest genes: log odds ratio, and Fisher's exact test.

    A gene counts as high if its value is positive and fewer than ``n_up`` genes have a higher one, so that ties at the
    cut are all in.
    """
    n = rows.n_genes
    top = int(np.ceil(0.05 * n)) if n_up is None else int(n_up)
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
    """Log odds ratio of being high inside and outside a set, ½ added to each count; 0 with nothing to compare."""
    missed, others = sizes - hits, n_high - hits
    odds = np.log((hits + 0.5) * (n - sizes - others + 0.5) / ((missed + 0.5) * (others + 0.5)))
    return np.where((n_high > 0) & (n_high < n) & (sizes < n), odds, 0.0)


ORA = Method(
    name="ora",
    prepare=ora,
    title="Over-representation",
    statistic="log odds ratio of the set's genes to be among the highest 5 % of the cell",
    reference="https://doi.org/10.2307/2340521",
    range=(-np.inf, np.inf),
    weights=False,
    signs=False,
    missing="skipped",
    test="Fisher's exact test, one-sided: more than by chance",
)
