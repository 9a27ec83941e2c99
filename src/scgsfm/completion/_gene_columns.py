from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scgsfm._vocabulary import N_SPECIALS
from scgsfm.genes import match

if TYPE_CHECKING:
    from collections.abc import Iterable


def gene_columns(vocabulary: np.ndarray, genes: Iterable[str]) -> np.ndarray:
    """For each token of a model's vocabulary its gene's position among ``genes``, or -1.

    No position occurs twice: of several tokens for one gene (as orthologs can be) the one with the gene's own name
    counts, else the first. The specials have none.
    """
    genes = np.asarray(genes, dtype=object)
    place = match(vocabulary, genes)
    place[:N_SPECIALS] = -1
    found = np.flatnonzero(place >= 0)
    own_name_first = found[np.argsort(vocabulary[found] != genes[place[found]], kind="stable")]
    _, kept = np.unique(place[own_name_first], return_index=True)
    columns = np.full(len(place), -1, np.int64)
    columns[own_name_first[kept]] = place[own_name_first[kept]]
    return columns
