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

    Names that agree exactly are taken as they are, so that data and sets with names of their own need no gene table.
    The rest is translated on both sides: to the same gene, else to the same approved human symbol (mouse genes by
    their orthologs), see :func:`resolve`. Ambiguous aliases match nothing.

    Parameters
    ----------
    queries
        Names to look for.
    targets
        Names to look among. Of several targets for one gene, the one named by its approved symbol counts, else the
        first.
    organism
        Organism of the targets; detected by default. That of the queries is always detected.

    Returns
    -------
    For each query the position among the targets, or -1.

    Examples
    --------
    >>> from scgsfm.genes import match
    >>> match(["SEPTIN9", "Cd8a", "FBgn0001"], ["FBgn0001", "SEPT9", "ENSG00000153563.15"])
    array([1, 2, 0])
    """
    sought, among = as_names(queries), as_names(targets)
    exact: dict[str, int] = {}
    for i, name in enumerate(among):
        exact.setdefault(name, i)
    exact.pop("", None)
    found = np.array([exact.get(name, -1) for name in sought], dtype=np.int64)
    left = np.flatnonzero((found < 0) & (sought != ""))
    if not len(left) or not exact:
        return found

    query_genes, _ = locate(sought, None)
    target_genes, _ = locate(among, organism)
    same_gene: dict[tuple[str, int], int] = {}
    same_symbol: dict[str, int] = {}
    approved_first = sorted(
        range(len(among)), key=lambda i: (gene := target_genes[i]) is None or gene.symbol != among[i]
    )
    for i in approved_first:
        gene = target_genes[i]
        if gene and gene.how != "ambiguous":
            same_gene.setdefault((gene.organism, gene.row), i)
            same_symbol.setdefault(gene.human_symbol, i)
    same_symbol.pop("", None)
    for query in left:
        gene = query_genes[query]
        if gene and gene.how != "ambiguous":
            found[query] = same_gene.get((gene.organism, gene.row), same_symbol.get(gene.human_symbol, -1))
    return found
