"""Weighted sum."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._method import Method
from ._weighted_sum import WeightedSum

if TYPE_CHECKING:
    from scgsfm.scoring._set_index import SetIndex
    from scgsfm.scoring.engine import BlockReader

    from ._method import Scorer


def weighted_sum(rows: BlockReader, sets: SetIndex, /) -> Scorer:
    r"""Compute the weighted sum :math:`\sum_{g \in S} w_g x_g`.

    Reference: decoupler, Badia-i-Mompel et al. (2022), https://doi.org/10.1093/bioadv/vbac016.
    """
    return WeightedSum(sets, rows.n_genes)


SUM = Method(
    name="sum",
    prepare=weighted_sum,
    title="Weighted sum",
    statistic="Σ w·x over the genes of the set",
    reference="https://doi.org/10.1093/bioadv/vbac016",
    range=(-np.inf, np.inf),
    weights=True,
    signs=True,
    missing_genes="skipped",
    null="same size and weights",
    task="signatures whose weights are coefficients",
    when="published linear predictors: risk scores, clocks, gene-expression indices",
    avoid="sets of different sizes, as the sum grows with the set",
    peer='decoupler (`waggr` with `fun="wsum"`), to 1e-13',
)
