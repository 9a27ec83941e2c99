"""Numba kernels: arrays in, arrays out, one core each. The engine runs them on several blocks at once (they hold no GIL)."""

from ._aucell import expected_gains
from ._rows import rows_of_columns
from ._scatter import scatter
from ._top import top_genes

__all__ = ["expected_gains", "rows_of_columns", "scatter", "top_genes"]
