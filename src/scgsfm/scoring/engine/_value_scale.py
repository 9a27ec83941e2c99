"""What the values of a matrix are: counts, normalized or log-normalized values, …; determined from a sample of cells."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from anndata.abc import CSCDataset, CSRDataset
from scipy.sparse import csr_array, issparse, vstack

from scgsfm._logging import logger
from scgsfm._messages import warn

from ._csr_block import native, prepare, rows_of
from ._dask import in_order, map_chunks
from ._on_disk import StoredRows

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._reader import BlockReader

SAMPLE_CELLS, N_SPANS = 256, 4
"""Number of cells of the sample, and of evenly spaced ranges of cells that it consists of."""
MAX_LOG = 20.0
"""Logarithms are not larger: the base-2 logarithm of a million is 19.9."""
MAX_SPREAD = 2.0
"""Highest ratio of the standard deviation to the mean, over cells, of sums of exponentials of log-normalized values."""
SAME_SUM, SHARE_OF_CELLS, MIN_CELLS = 1e-3, 0.9, 3
"""Cells have the same sum if this share of them, and at least three, is within 0.1 % of the median."""
PRECISE, WHOLE = 100.0, 1e-3
"""Exponentials up to this are precise in single precision, and whole numbers if they are this close to one."""
MIN_VALUES, MIN_SHARE = 20, 0.05
"""Counts and normalized values are mixed if each is in at least 5 % of the cells. Cells with fewer than 20 values are ignored."""


@dataclass(frozen=True)
class ValueScale:
    """The scale of the values of a matrix."""

    name: str
    """For records: ``"counts"``, ``"fractional counts"``, ``"normalized"``, ``"log-normalized"``, ``"log counts"``,
    ``"log twice"`` or ``"scaled"``."""
    description: str
    """For messages, after "the values"."""
    linear: bool = False
    """Whether log-normalized values can be made from them."""

    @property
    def note(self) -> str:
        """What functions that need log-normalized values do with these, for the log; empty for log-normalized values."""
        if not self.linear:
            return ""
        return f"{self.name}{' values' if self is NORMALIZED else ''} were log-normalized for this"

    def log_normalizes(self, function: str) -> bool:
        """Return whether a function that needs log-normalized values has to make them from these.

        This is logged. Values of which they can't be made give a warning, negative ones ValueError.
        """
        if self is SCALED:
            msg = (
                "The matrix has negative values, as scaled data do, but expression can't be negative. "
                "Pass counts or log-normalized values: name a `layer`, or set `use_raw=True`."
            )
            raise ValueError(msg)
        if self.linear:
            logger.debug(
                "The values %s. They are treated as counts: `%s` scales each cell to a sum of 10,000 and takes log(1 + x).",
                *(self.description, function),
            )
        elif self is not LOG_NORMALIZED:
            msg = (
                f"`{function}` needs counts or log-normalized values, but the values {self.description}. They are used "
                "as they are. Better name a `layer` with counts, or normalize them again by `scanpy.pp.normalize_total` "
                "and `scanpy.pp.log1p`."
            )
            warn(msg)
        return self.linear


COUNTS = ValueScale("counts", "are whole numbers", linear=True)
FRACTIONAL_COUNTS = ValueScale(
    "fractional counts", "have fractions but are too large, or vary too much, for logarithms", linear=True
)
NORMALIZED = ValueScale("normalized", "are normalized but not logarithms: each cell has the same sum", linear=True)
LOG_NORMALIZED = ValueScale("log-normalized", "are log-normalized")
LOG_COUNTS = ValueScale("log counts", "are logarithms of counts that were not normalized")
LOG_TWICE = ValueScale("log twice", "are log-normalized values of which the logarithm was taken again")
SCALED = ValueScale("scaled", "are negative in part, as scaled data are")


def value_scale(reader: BlockReader) -> ValueScale:
    """Tell the scale of the values of a matrix from a sample of 256 cells, by the rules of :func:`classify`.

    The genes of the whole matrix count, since a selection of genes has other sums. The sample consists of evenly spaced
    ranges of cells; of dask arrays and of matrices stored by columns, it is the first cells. If some of the cells have
    counts and others normalized values, a warning gives their number.
    """
    cells = prepare(_sample(reader))
    _warn_of_mixture(cells)
    return classify(cells)


def is_cheap_to_sample(reader: BlockReader) -> bool:
    """Whether any rows of the matrix can be read fast."""
    columns = isinstance(reader.matrix, CSCDataset) or (issparse(reader.matrix) and reader.matrix.format == "csc")
    return not (columns or reader.is_dask)


def classify(cells: csr_array) -> ValueScale:
    """Tell the scale of the values of cells. The first rule that holds decides.

    1. A value is negative: scaled.
    2. All values are whole numbers: counts.
    3. The values of each cell have the same sum: normalized, without a logarithm (CPM, TPM).
    4. A value is above 20: counts with fractions, as methods that remove ambient RNA or estimate the abundance of
       transcripts return.
    5. The exponentials minus 1 of each cell have the same sum, to the base e, 2 or 10: log-normalized.
    6. The exponentials of these minus 1 have the same sum: the logarithm was taken twice.
    7. The exponentials minus 1 are whole numbers: logarithms of counts, not normalized.
    8. The standard deviation of the sums of the exponentials, over cells, is above twice their mean: counts with
       fractions.
    9. Otherwise: log-normalized.
    """
    sample = _Sample(cells)
    return next((scale for scale, holds in _RULES if holds(sample)), LOG_NORMALIZED)


def _warn_of_mixture(cells: csr_array) -> None:
    values, n_cells = cells.data, cells.shape[0]
    cell = np.repeat(np.arange(n_cells), np.diff(cells.indptr))
    n_values = np.bincount(cell, values != 0, n_cells)
    n_fractions = np.bincount(cell, values != np.floor(values), n_cells)
    large = n_values >= MIN_VALUES
    whole, fractional = large & (n_fractions == 0), large & (n_fractions > 0)
    if fractional.any():  # a few values scaled to the same sum as those of other cells can all be whole
        sums = np.bincount(cell, values, n_cells)
        median = np.median(sums[fractional])
        whole &= abs(sums - median) > SAME_SUM * median
    least = max(MIN_CELLS, MIN_SHARE * large.sum())
    if min(whole.sum(), fractional.sum()) < least or classify(cells[np.flatnonzero(fractional)]) not in _NORMALIZED:
        return
    msg = (
        f"{whole.sum():,} of {large.sum():,} cells that were looked at have whole numbers, as counts are, and the others "
        "have fractions, as normalized values are. Were data sets with different values joined? Then results that depend on "
        "more than the ranks of genes within a cell are not comparable between them. Join the counts of all of them, or "
        "normalize each in the same way before."
    )
    warn(msg)


class _Sample:
    """Some cells, and the conditions of the rules."""

    def __init__(self, cells: csr_array) -> None:
        self.cells = cells
        self.values: np.ndarray = cells.data.astype(np.float64)

    @cached_property
    def exponentials(self) -> np.ndarray:
        """Exponentials minus 1. Only for values that may be logarithms."""
        exponentials: np.ndarray = np.expm1(self.values)
        return exponentials

    def is_negative(self) -> bool:
        return bool((self.values < 0).any())

    def is_whole(self) -> bool:
        return bool((self.values == np.floor(self.values)).all())

    def is_normalized(self) -> bool:
        return _same(self.sums(self.values))

    def is_too_large(self) -> bool:
        return bool(self.values.max() > MAX_LOG)

    def is_log_normalized(self) -> bool:
        if _same(self.sums(self.exponentials)):
            return True
        return any(_same(self.sums(np.expm1(self.values * np.log(base)))) for base in (2, 10))

    def is_log_twice(self) -> bool:
        return bool(self.values.max() < np.log1p(MAX_LOG)) and _same(self.sums(np.expm1(self.exponentials)))

    def is_log_of_whole(self) -> bool:
        small = self.exponentials[self.exponentials < PRECISE]
        return len(small) > 0 and bool((abs(small - np.rint(small)) < WHOLE).all())

    def varies_too_much(self) -> bool:
        sums = self.sums(self.exponentials)
        return bool(sums.std() > MAX_SPREAD * sums.mean())

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Sum of the values of each cell."""
        arrays = values, self.cells.indices, self.cells.indptr
        sums: np.ndarray = csr_array(arrays, shape=self.cells.shape).sum(axis=1)
        return sums


_RULES: tuple[tuple[ValueScale, Callable[[_Sample], bool]], ...] = (
    (SCALED, _Sample.is_negative),
    (COUNTS, _Sample.is_whole),
    (NORMALIZED, _Sample.is_normalized),
    (FRACTIONAL_COUNTS, _Sample.is_too_large),
    (LOG_NORMALIZED, _Sample.is_log_normalized),
    (LOG_TWICE, _Sample.is_log_twice),
    (LOG_COUNTS, _Sample.is_log_of_whole),
    (FRACTIONAL_COUNTS, _Sample.varies_too_much),
)
"""The rules in order; log-normalized if none holds."""
_NORMALIZED = (NORMALIZED, LOG_NORMALIZED, LOG_COUNTS)
"""What joined with counts makes a mixture. Counts with fractions don't: shallow cells of them can be whole numbers."""


def _same(sums: np.ndarray) -> bool:
    """Whether nearly all cells that have a value have the same sum."""
    sums = sums[sums > 0]
    if len(sums) < MIN_CELLS:
        return False
    median = np.median(sums)
    return bool((abs(sums - median) <= SAME_SUM * median).mean() >= SHARE_OF_CELLS)


def _sample(reader: BlockReader) -> Any:
    matrix = reader.matrix
    n_cells = matrix.shape[0]
    if hasattr(matrix, "dask"):
        blocks = map_chunks(matrix[:SAMPLE_CELLS], _itself, genes=None, block_size=SAMPLE_CELLS, name="sample")
        return vstack([block for _, block in in_order(blocks)], format="csr")
    if isinstance(matrix, CSCDataset):
        return reader.first_cells(SAMPLE_CELLS)
    if issparse(matrix) and matrix.format == "csc":
        return native(matrix)[: min(SAMPLE_CELLS, n_cells)]
    rows = StoredRows(matrix) if isinstance(matrix, CSRDataset) else lambda start, stop: rows_of(matrix, start, stop)
    if n_cells <= SAMPLE_CELLS:
        return rows(0, n_cells)
    length = SAMPLE_CELLS // N_SPANS
    parts = [rows(start, start + length) for start in np.linspace(0, n_cells - length, N_SPANS).astype(int).tolist()]
    return vstack(parts, format="csr") if issparse(parts[0]) else np.concatenate(parts)


def _itself(block: csr_array) -> csr_array:
    return block
