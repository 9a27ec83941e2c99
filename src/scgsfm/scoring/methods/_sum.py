from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._method import Method

if TYPE_CHECKING:
    from scgsfm.scoring._set_index import SetIndex
    from scgsfm.scoring.engine import BlockReader

    from ._method import Scorer


def weighted_sum(rows: BlockReader, sets: SetIndex, /) -> Scorer:
    """Weighted sum of a set's genes: Σ w·x."""
    return lambda cells: cells.sums(sets)


SUM = Method(
    name="sum",
    prepare=weighted_sum,
    title="Weighted sum",
    statistic="Σ w·x over the set's genes",
    reference="https://doi.org/10.1093/bioadv/vbac016",
    range=(-np.inf, np.inf),
    weights=True,
    signs=True,
    missing="skipped",
)
