from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._method import Method

if TYPE_CHECKING:
    from scgsfm.scoring._set_index import SetIndex
    from scgsfm.scoring.engine import BlockReader, CellBlock

    from ._method import Scorer, Scores


def ulm(rows: BlockReader, sets: SetIndex, /) -> Scorer:
    """Univariate linear model: t of the slope of a cell's values on the weights of a set, 0 outside it.

    All genes of the data are observations. A cell whose values are all the same has the score 0.
    """
    n = rows.n_genes
    squares = sets.membership.multiply(sets.membership).sum(axis=1)
    std_weights = np.sqrt((squares - sets.total**2 / n) / (n - 1))

    def score(cells: CellBlock) -> Scores:
        from scgsfm.kernels import two_sided_pvalues

        mean, std = cells.moments
        r = cells.sums(sets) - np.outer(mean, sets.total)
        r /= (n - 1) * std_weights
        r /= np.where(std > 0, std, np.inf)[:, None]
        t = r * np.sqrt((n - 2) / ((1 - r + EPSILON) * (1 + r + EPSILON)))
        return t, two_sided_pvalues(t, df=n - 2)

    return score


EPSILON = 2.2e-16
"""Keeps t finite for a perfect fit; the value is decoupler's."""

ULM = Method(
    name="ulm",
    prepare=ulm,
    title="Univariate linear model",
    statistic="t of the slope of the cell's values on the weights of the set's genes",
    reference="https://doi.org/10.1093/bioadv/vbac016",
    range=(-np.inf, np.inf),
    weights=True,
    signs=True,
    missing="skipped",
    test="Student's t with (genes - 2) degrees of freedom, two-sided",
)
