"""Example data and gene-set libraries by name."""

from ._libraries import libraries
from ._library import library
from ._pbmc import pbmc

__all__ = ["libraries", "library", "pbmc"]
