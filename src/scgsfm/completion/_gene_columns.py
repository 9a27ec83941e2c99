from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from scgsfm._vocabulary import N_SPECIALS
from scgsfm.genes import match

if TYPE_CHECKING:
    from collections.abc import Iterable


def gene_columns(vocabulary: np.ndarray, genes: Iterable[str]) -> np.ndarray:
    """The position among ``genes`` of each token of a model's vocabulary, or -1.

    Each position occurs at most once. If several tokens match one gene, as orthologs can, the token with the gene's
    name is used, or else the first. Special tokens have no position.
    """
    # the same data are completed again and again, and translating their names takes longer than the model
    return _columns(tuple(vocabulary), tuple(np.asarray(genes, dtype=object))).copy()


@lru_cache(maxsize=4)
def _columns(names: tuple[str, ...], gene_names: tuple[str, ...]) -> np.ndarray:
    vocabulary, genes = (np.array(each, dtype=object) for each in (names, gene_names))
    positions = match(vocabulary, genes)
    positions[:N_SPECIALS] = -1
    matched = np.flatnonzero(positions >= 0)
    same_name_first = matched[np.argsort(vocabulary[matched] != genes[positions[matched]], kind="stable")]
    _, first = np.unique(positions[same_name_first], return_index=True)
    columns = np.full(len(positions), -1, np.int64)
    columns[same_name_first[first]] = positions[same_name_first[first]]
    return columns
