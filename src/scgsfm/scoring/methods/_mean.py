from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._method import Method

if TYPE_CHECKING:
    from scgsfm.scoring._set_index import SetIndex
    from scgsfm.scoring.engine import BlockReader

    from ._method import Scorer


def mean(rows: BlockReader, sets: SetIndex, /) -> Scorer:
    """Weighted mean of a set's genes: Σ w·x / Σ |w|."""
    return lambda cells: cells.sums(sets) / sets.total_abs


MEAN = Method(
    name="mean",
    prepare=mean,
    title="Weighted mean",
    statistic="Σ w·x / Σ |w| over the set's genes",
    reference="https://doi.org/10.1093/bioadv/vbac016",
    range=(-np.inf, np.inf),
    weights=True,
    signs=True,
    missing="skipped",
)
