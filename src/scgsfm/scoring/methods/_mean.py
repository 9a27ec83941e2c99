"""Weighted mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._method import Method
from ._weighted_sum import WeightedSum

if TYPE_CHECKING:
    from scgsfm.scoring._set_index import SetIndex
    from scgsfm.scoring.engine import BlockReader

    from ._method import Scorer


def mean(rows: BlockReader, sets: SetIndex, /) -> Scorer:
    r"""Compute the weighted mean :math:`\sum_{g \in S} w_g x_g / \sum_{g \in S} |w_g|`.

    Reference: decoupler, Badia-i-Mompel et al. (2022), https://doi.org/10.1093/bioadv/vbac016.
    """
    return WeightedSum(
        sets,
        rows.n_genes,
        finish=lambda sums, _: sums / sets.total_abs,
        affine=lambda _: (1 / sets.total_abs, np.zeros(1)),
    )


MEAN = Method(
    name="mean",
    prepare=mean,
    title="Weighted mean",
    statistic="Σ w·x / Σ |w| over the genes of the set",
    reference="https://doi.org/10.1093/bioadv/vbac016",
    range=(-np.inf, np.inf),
    weights=True,
    signs=True,
    missing_genes="skipped",
    values="log-normalized",
    null="same size and weights",
    task="a quick look",
    when="normalized values of genes that are expressed at a similar level",
    avoid="comparison of sets, as the score has the level of the genes; values that aren't normalized",
    peer='decoupler (`waggr` with `fun="wmean"`), to 1e-14',
)
