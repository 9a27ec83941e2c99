"""Gene sets as a matrix over the genes of a dataset or model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from scgsfm._messages import warn
from scgsfm.errors import GeneMatchError, GeneSetWarning

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from ._normalize import GeneSetArrays


def membership(arrays: GeneSetArrays, genes: Iterable[str]) -> csr_array:
    """Weights of the sets over ``genes`` (sparse, sets × genes)."""
    from scgsfm.genes import gene_labels, match

    targets = np.asarray(list(genes), dtype=object)
    column_of = np.asarray(match(arrays.genes, targets))
    translated = column_of >= 0
    translated[translated] = arrays.genes[translated] != targets[column_of[translated]]
    columns, labels = column_of[arrays.codes], gene_labels(arrays.genes)
    matched = columns >= 0
    if not matched.any():
        msg = (
            f"None of the {len(arrays.genes):,} genes of the sets (such as {', '.join(map(str, arrays.genes[:3]))}) is among "
            f"the {len(targets):,} genes given (such as {', '.join(map(str, targets[:3]))}). "
            "Use gene names of the same kind and organism in both."
        )
        raise GeneMatchError(msg)
    rows = np.repeat(np.arange(len(arrays.names)), np.diff(arrays.indptr))[matched]
    columns = columns[matched]
    values = np.ones(len(rows)) if arrays.weights is None else arrays.weights[matched]
    # names of one gene may be in different columns: the approved symbol is used, then the first name
    codes = arrays.codes[matched]
    order = np.lexsort((codes, labels[codes] != codes, translated[codes], labels[codes], rows))
    rows, columns, values, codes = rows[order], columns[order], values[order], codes[order]
    repeat = np.zeros(len(rows), dtype=bool)
    repeat[1:] = (rows[1:] == rows[:-1]) & (labels[codes[1:]] == labels[codes[:-1]])
    _warn_of_conflicts(arrays, targets, rows, columns, values, repeat)
    rows, columns, values = rows[~repeat], columns[~repeat], values[~repeat]
    order = np.lexsort((columns, rows))
    columns, values = columns[order], values[order]
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(arrays.names)))])
    return csr_array((values, columns, indptr), shape=(len(arrays.names), len(targets)))


def _warn_of_conflicts(
    arrays: GeneSetArrays,
    targets: NDArray[np.object_],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    values: NDArray[np.float64],
    repeat: NDArray[np.bool_],
) -> None:
    conflict = np.flatnonzero(repeat[1:] & (values[1:] != values[:-1])) + 1
    if len(conflict):
        at = conflict[0]
        warn(
            f"{len(conflict):,} genes are in a set under two names with different weights; one weight was used, "
            f"e.g. for {targets[columns[at]]!r} in {arrays.names[rows[at]]!r}.",
            GeneSetWarning,
        )
