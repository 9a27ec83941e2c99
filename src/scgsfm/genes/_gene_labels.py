from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ._resolve import as_names, locate

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


def gene_labels(names: Iterable[Any]) -> np.ndarray:
    """A number for each name, equal for names of the same gene: the position of its approved symbol, or of its first name.

    Names of one gene are equal names, names that :func:`resolve` reads as the same gene, and names of orthologs. Unknown
    and ambiguous names are genes of their own.

    Examples
    --------
    >>> from scgsfm.genes import gene_labels
    >>> gene_labels(["SEPT9", "CD4", "SEPTIN9", "my_gene", "Cd4"])
    array([2, 1, 2, 3, 1])
    """
    return _labels(tuple(as_names(names).tolist()))


@lru_cache(maxsize=8)
def _labels(names: tuple[str, ...]) -> np.ndarray:
    genes, _ = locate(np.array(names, dtype=object), None)
    keys: list[object] = []
    chosen: dict[object, int] = {}
    for i, (name, gene) in enumerate(zip(names, genes, strict=True)):
        key: object = name
        if gene and gene.how != "ambiguous":
            key = ("human", gene.human_symbol) if gene.human_symbol else (gene.organism, gene.row)
        keys.append(key)
        if key not in chosen or (gene and name == gene.human_symbol != names[chosen[key]]):
            chosen[key] = i
    labels = np.array([chosen[key] for key in keys], np.int64)
    labels.setflags(write=False)
    return labels
