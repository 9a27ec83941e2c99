"""Gene sets: reading and writing them, and the embedded libraries."""

from ._gene_sets import GeneSets, GeneSetsLike
from ._library import catalogue

__all__ = ["GeneSets", "GeneSetsLike", "catalogue"]
