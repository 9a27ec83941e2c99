"""Gene identifiers: resolving names, and matching names of the same gene."""

from ._approved_symbols import approved_symbols
from ._features_of_type import features_of_type
from ._gene_facts import GeneFacts, gene_facts
from ._gene_labels import gene_labels
from ._match import match
from ._matched_share import check_share
from ._resolve import STATUSES, Resolution, as_names, protein_coding, resolve
from ._tables import ORGANISMS, ORTHOLOGY, Organism, sources

__all__ = [
    "ORGANISMS",
    "ORTHOLOGY",
    "STATUSES",
    "GeneFacts",
    "Organism",
    "Resolution",
    "approved_symbols",
    "as_names",
    "check_share",
    "features_of_type",
    "gene_facts",
    "gene_labels",
    "match",
    "protein_coding",
    "resolve",
    "sources",
]
