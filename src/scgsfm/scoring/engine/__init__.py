"""Reading cells in blocks: any matrix (in memory, on disk, dask) as CSR blocks, with the same results for all types."""

from ._cell_block import CellBlock
from ._csr_block import rows_of
from ._dask import array_of
from ._gene_moments import GeneMoments, gene_means
from ._log_normalize import check_positive, log_normalize, log_normalized
from ._reader import BlockReader
from ._value_scale import ValueScale, is_cheap_to_sample, value_scale

__all__ = [
    "BlockReader",
    "CellBlock",
    "GeneMoments",
    "ValueScale",
    "array_of",
    "check_positive",
    "gene_means",
    "is_cheap_to_sample",
    "log_normalize",
    "log_normalized",
    "rows_of",
    "value_scale",
]
