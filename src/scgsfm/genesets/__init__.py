"""Gene sets: reading and writing them, and the embedded libraries."""

from ._entry_names import read_entry_names
from ._gene_sets import GeneSets, GeneSetsLike, read_library_sets
from ._library import catalogue
from ._network import networks_catalogue, read_network

__all__ = [
    "GeneSets",
    "GeneSetsLike",
    "catalogue",
    "networks_catalogue",
    "read_entry_names",
    "read_library_sets",
    "read_network",
]
