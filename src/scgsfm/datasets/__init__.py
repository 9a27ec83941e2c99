"""Example data, gene-set libraries and networks by name."""

from ._atac import atac
from ._atac_genome import atac_genome
from ._glioblastoma import glioblastoma
from ._gut import gut
from ._libraries import libraries
from ._library import library
from ._marker_table import marker_table
from ._network import network
from ._networks import networks
from ._pbmc import pbmc

__all__ = [
    "atac",
    "atac_genome",
    "glioblastoma",
    "gut",
    "libraries",
    "library",
    "marker_table",
    "network",
    "networks",
    "pbmc",
]
