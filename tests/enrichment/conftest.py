from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from scgsfm import GeneSets
from scgsfm.enrichment import terms_over

if TYPE_CHECKING:
    from scgsfm.scoring import SetIndex

N_GENES = 600


@pytest.fixture
def genes() -> np.ndarray:
    return np.array([f"gene{i}" for i in range(N_GENES)], dtype=object)


@pytest.fixture
def terms(genes: np.ndarray) -> SetIndex:
    """150 terms of 5 to 80 genes."""
    rng = np.random.default_rng(0)
    sets = {f"term{i}": rng.choice(genes, rng.integers(5, 80), replace=False).tolist() for i in range(150)}
    return terms_over(GeneSets(sets), genes, min_genes=5, max_genes=500)
