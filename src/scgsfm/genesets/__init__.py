"""Gene sets: reading and writing them, and the embedded libraries."""

from ._entry_names import read_entry_names
from ._gene_sets import GeneSets, GeneSetsLike, read_library_sets
from ._library import catalogue

__all__ = ["GeneSets", "GeneSetsLike", "catalogue", "read_entry_names", "read_library_sets"]
