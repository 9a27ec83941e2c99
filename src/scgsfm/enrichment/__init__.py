"""Which terms of a library a gene list or a ranking of genes is enriched for."""

from ._inputs import Input, from_adata, from_genes
from ._overlap import overlap
from ._ranked import leading_edge, ranked, running_sum
from ._related import MIN_QUERY, related, traits_of
from ._terms import Background, table, terms_over

__all__ = [
    "MIN_QUERY",
    "Background",
    "Input",
    "from_adata",
    "from_genes",
    "leading_edge",
    "overlap",
    "ranked",
    "related",
    "running_sum",
    "table",
    "terms_over",
    "traits_of",
]
