"""Gene identifiers: resolving names, and matching names of the same gene."""

from ._match import match
from ._matched_share import check_share
from ._resolve import STATUSES, Resolution, as_names, protein_coding, resolve
from ._tables import Organism, sources

__all__ = [
    "STATUSES",
    "Organism",
    "Resolution",
    "as_names",
    "check_share",
    "match",
    "protein_coding",
    "resolve",
    "sources",
]
