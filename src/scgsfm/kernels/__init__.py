"""Numba kernels: arrays in, arrays out, one core each. They hold no GIL, so the engine runs them on several blocks."""

from ._gains import rank_gains
from ._moments import moments
from ._neighbours import add_neighbours
from ._rows import rows_of_columns
from ._scatter import scatter
from ._top import top_genes

__all__ = ["add_neighbours", "moments", "rank_gains", "rows_of_columns", "scatter", "top_genes"]
