"""Gene sets over the genes of a data set or a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from scgsfm._messages import warn
from scgsfm.errors import GeneMatchError, GeneSetWarning

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from ._table import Table


def membership(table: Table, genes: Iterable[str]) -> csr_array:
    """Weights of the sets over ``genes``: sparse, sets × genes."""
    from scgsfm.genes import match

    targets = np.asarray(list(genes), dtype=object)
    column_of = np.asarray(match(table.genes, targets))
    columns = column_of[table.codes]
    found = columns >= 0
    if not found.any():
        raise GeneMatchError(
            f"None of the {len(table.genes):,} genes of the sets (such as {', '.join(map(str, table.genes[:3]))}) is among "
            f"the {len(targets):,} genes given (such as {', '.join(map(str, targets[:3]))}). "
            "Use gene names of the same kind and organism in both."
        )
    rows = np.repeat(np.arange(len(table.names)), np.diff(table.indptr))[found]
    columns = columns[found]
    values = np.ones(len(rows)) if table.weights is None else table.weights[found]
    translated = (column_of >= 0) & (table.genes != targets[column_of])
    order = np.lexsort((translated[table.codes[found]], rows * len(targets) + columns))
    rows, columns, values = rows[order], columns[order], values[order]
    repeat = np.zeros(len(rows), dtype=bool)
    repeat[1:] = (rows[1:] == rows[:-1]) & (columns[1:] == columns[:-1])
    _warn_of_conflicts(table, targets, rows, columns, values, repeat)
    rows, columns, values = rows[~repeat], columns[~repeat], values[~repeat]
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(table.names)))])
    return csr_array((values, columns, indptr), shape=(len(table.names), len(targets)))


def _warn_of_conflicts(
    table: Table, targets: NDArray, rows: NDArray, columns: NDArray, values: NDArray, repeat: NDArray
) -> None:
    conflict = np.flatnonzero(repeat[1:] & (values[1:] != values[:-1])) + 1
    if len(conflict):
        at = conflict[0]
        warn(
            f"{len(conflict):,} genes are in a set under two names with different weights; one weight was used, "
            f"e.g. for {targets[columns[at]]!r} in {table.names[rows[at]]!r}.",
            GeneSetWarning,
        )
