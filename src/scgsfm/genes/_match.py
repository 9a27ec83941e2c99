from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._resolve import as_names, locate

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from ._tables import Organism


def match(queries: Iterable[Any], targets: Iterable[Any], *, organism: Organism | None = None) -> np.ndarray:
    """Find the position of each query name among the target names.

    Identical names match without translation, so that data and sets with custom names need no gene table. The other
    names are translated on both sides and match if they mean the same gene, or else have the same approved human symbol
    (mouse genes via their orthologs), see :func:`resolve`. Ambiguous aliases match nothing.

    Parameters
    ----------
    queries
        Names to look for.
    targets
        Names to search. Of several targets for one gene, the one with its approved symbol is used, or else the first.
    organism
        Organism of the targets, detected by default. The organism of the queries is always detected.

    Returns
    -------
    The position of each query among the targets, or -1.

    Examples
    --------
    >>> from scgsfm.genes import match
    >>> match(["SEPTIN9", "Cd8a", "FBgn0001"], ["FBgn0001", "SEPT9", "ENSG00000153563.15"])
    array([1, 2, 0])
    """
    query_names, target_names = as_names(queries), as_names(targets)
    exact: dict[str, int] = {}
    for i, name in enumerate(target_names):
        exact.setdefault(name, i)
    exact.pop("", None)
    positions = np.array([exact.get(name, -1) for name in query_names], dtype=np.int64)
    unmatched = np.flatnonzero((positions < 0) & (query_names != ""))
    if not len(unmatched) or not exact:
        return positions

    query_genes, _ = locate(query_names, None)
    target_genes, _ = locate(target_names, organism)
    same_gene: dict[tuple[str, int], int] = {}
    same_symbol: dict[str, int] = {}
    approved_first = sorted(
        range(len(target_names)), key=lambda i: (gene := target_genes[i]) is None or gene.symbol != target_names[i]
    )
    for i in approved_first:
        gene = target_genes[i]
        if gene and gene.how != "ambiguous":
            same_gene.setdefault((gene.organism, gene.row), i)
            same_symbol.setdefault(gene.human_symbol, i)
    same_symbol.pop("", None)
    for query in unmatched:
        gene = query_genes[query]
        if gene and gene.how != "ambiguous":
            positions[query] = same_gene.get((gene.organism, gene.row), same_symbol.get(gene.human_symbol, -1))
    return positions
