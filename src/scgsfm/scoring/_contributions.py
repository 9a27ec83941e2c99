"""Contributions of genes to scores that are sums over genes, and the genes of sets that are detected in cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.sparse import csr_array

from scgsfm._messages import listing

from .engine import CellBlock, check_positive
from .methods import METHODS, WeightedSum

if TYPE_CHECKING:
    from ._run import Job
    from ._set_index import SetIndex
    from .engine import BlockReader


ROUNDING = 1e-13
"""Difference of a score and the sum of its genes, relative to them, that is a rounding error."""
VALUES_AT_A_TIME = 2**22
"""Contributions that a block of cells has at most: large libraries have a million genes in all sets together."""


class Contributions(NamedTuple):
    """Contributions of the genes of sets, one column for each gene of each set."""

    values: np.ndarray
    """Contributions (cells or groups × columns)."""
    sets: np.ndarray
    """Set of each column."""
    genes: np.ndarray
    """Gene of each column."""


def contributions(rows: BlockReader, job: Job, *, groups: np.ndarray | None = None) -> Contributions:
    """Compute the part of each gene in the score of its set.

    Parameters
    ----------
    rows, job
        The data and the method with its sets.
    groups
        Group of each cell, -1 for none. With groups, contributions are means over the cells of a group.

    Returns
    -------
    Contributions, which add up to the scores.

    Raises
    ------
    ValueError
        If the score of the method is not a sum over genes.
    """
    reader = rows.log_normalizing() if job.log_normalizes else rows
    scorer = job.prepare(reader)
    if not isinstance(scorer, WeightedSum):
        msg = (
            f"`method` {job.method.name!r} has no contributions of genes, since its score is not a sum over the genes of a "
            f"set. Use one of: {listing([name for name, method in METHODS.items() if method.null and not method.completes], 20)}."
        )
        raise ValueError(msg)
    split = _Split(scorer, job.sets)
    reader = reader.in_blocks_of(max(1, VALUES_AT_A_TIME // len(split.genes)))
    n_rows = rows.n_cells if groups is None else int(groups.max()) + 1
    values = np.zeros((n_rows, len(split.genes)))
    for start, part in reader.map(split):
        stop = start + len(part)
        if groups is None:
            values[start:stop] = part
        else:
            np.add.at(values, groups[start:stop][groups[start:stop] >= 0], part[groups[start:stop] >= 0])
    if groups is not None:
        values /= np.maximum(np.bincount(groups[groups >= 0], minlength=n_rows), 1)[:, None]
    return Contributions(values, split.sets, split.genes)


class _Split:
    """Splits the scores of a block of cells among the genes of the sets."""

    def __init__(self, scorer: WeightedSum, members: SetIndex) -> None:
        self.scorer = scorer
        self.sets = np.repeat(np.arange(len(members)), members.n_found)
        self.genes = members.membership.indices
        self.starts = members.membership.indptr[:-1]
        self.used, self.column = np.unique(self.genes, return_inverse=True)
        weights = scorer.sets.membership[self.sets, self.genes]
        self.weights = np.asarray(weights).ravel()
        n_weighted = np.add.reduceat((self.weights != 0).astype(float), self.starts)
        self.share = (self.weights != 0) / np.maximum(n_weighted, 1)[self.sets]

    def __call__(self, block: csr_array) -> np.ndarray:
        cells = CellBlock(block)
        scale, offset = self.scorer.affine(cells)
        shape = (block.shape[0], len(self.scorer.sets))
        scale, offset = np.broadcast_to(scale, shape), np.broadcast_to(offset, shape)
        own = scale[:, self.sets] * self.weights * self._values(cells)
        # what belongs to no gene of the set, control genes and constants, is divided evenly
        rest = scale * self.scorer.sums(cells) + offset - np.add.reduceat(own, self.starts, axis=1)
        rest[abs(rest) <= ROUNDING * np.add.reduceat(abs(own), self.starts, axis=1)] = 0
        parts: np.ndarray = own + rest[:, self.sets] * self.share
        return parts

    def _values(self, cells: CellBlock) -> np.ndarray:
        """Return the values of the genes of the sets (cells × columns)."""
        if self.scorer.values is None:
            few = cells.matrix[:, self.used].toarray()
            return np.asarray(few[:, self.column], np.float64)
        indptr, indices, values, zero = self.scorer.values(cells)
        relative = csr_array((values - np.repeat(zero, np.diff(indptr)), indices, indptr), shape=cells.shape)
        few = relative[:, self.used].toarray() + zero[:, None]
        return np.asarray(few[:, self.column])


def n_detected(rows: BlockReader, sets: SetIndex) -> np.ndarray:
    """Count the genes of each set that are detected, with a value above 0, in each cell (cells × sets)."""
    members = sets.reweighted(np.ones(len(sets.membership.data)))
    counts = np.zeros((rows.n_cells, len(sets)), np.int64)

    def count(block: csr_array) -> Any:
        check_positive(block)
        return members.set_sums(block.indptr, block.indices, (block.data > 0).astype(np.float64))

    for start, part in rows.map(count):
        counts[start : start + len(part)] = np.rint(part)
    return counts


def n_detected_genes(rows: BlockReader) -> np.ndarray:
    """Count the genes with a value above 0 in each cell."""
    counts = np.zeros(rows.n_cells, np.int64)

    def count(block: csr_array) -> np.ndarray:
        check_positive(block)
        cell = np.repeat(np.arange(block.shape[0]), np.diff(block.indptr))
        return np.bincount(cell[block.data > 0], minlength=block.shape[0])

    for start, part in rows.map(count):
        counts[start : start + len(part)] = part
    return counts
