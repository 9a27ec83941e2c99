from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from ._method import Method

if TYPE_CHECKING:
    from scgsfm.scoring._set_index import SetIndex
    from scgsfm.scoring.engine import BlockReader, CellBlock

    from ._method import Scorer, Scores


def zscore(rows: BlockReader, sets: SetIndex, /, *, flavor: Literal["RoKAI", "KSEA"] = "RoKAI") -> Scorer:
    """Weighted mean of a set's ``m`` genes, less that of all genes, in units of its standard error σ/√m.

    σ is the standard deviation over all genes of the cell. As in decoupler's code (its documentation has the two
    the other way round), ``"RoKAI"`` subtracts the mean of all genes and ``"KSEA"`` doesn't. A cell whose values are
    all the same has the score 0.
    """
    if flavor not in {"RoKAI", "KSEA"}:
        msg = f"`flavor` is {flavor!r}, but must be 'RoKAI' or 'KSEA'."
        raise ValueError(msg)

    def score(cells: CellBlock) -> Scores:
        from scgsfm.kernels import two_sided_pvalues

        mean, std = cells.moments
        z = cells.sums(sets) / sets.total_abs
        if flavor == "RoKAI":
            z -= mean[:, None]
        z *= np.sqrt(sets.n_found)
        z /= np.where(std > 0, std, np.inf)[:, None]
        return z, two_sided_pvalues(z, df=np.inf)

    return score


ZSCORE = Method(
    name="zscore",
    prepare=zscore,
    title="z-score",
    statistic="difference of the weighted mean of the set's genes and the mean of all, in standard errors",
    reference="https://doi.org/10.1038/s41467-021-21211-6",
    range=(-np.inf, np.inf),
    weights=True,
    signs=True,
    missing="skipped",
    test="normal distribution, two-sided",
)
