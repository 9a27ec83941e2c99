"""Gene sets: reading, keeping and writing them, and the libraries that come with the package."""

from ._gene_sets import GeneSets
from ._library import catalogue

__all__ = ["GeneSets", "catalogue"]
