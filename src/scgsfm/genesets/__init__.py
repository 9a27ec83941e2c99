"""Gene sets: reading and writing them, and the embedded libraries."""

from ._gene_sets import GeneSets, GeneSetsLike, read_library_sets
from ._library import catalogue

__all__ = ["GeneSets", "GeneSetsLike", "catalogue", "read_library_sets"]
