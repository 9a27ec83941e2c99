"""Example data and gene-set libraries by name."""

from ._libraries import libraries
from ._library import library
from ._marker_table import marker_table
from ._pbmc import pbmc

__all__ = ["libraries", "library", "marker_table", "pbmc"]
