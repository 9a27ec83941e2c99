"""Enrichment tests of gene lists and rankings for the terms of a library."""

from ._from_adata import from_adata
from ._gene_lists import GeneLists, from_genes
from ._gsfm import MIN_QUERY, gene_covariates, model_enrichment
from ._ora import ora
from ._prerank import leading_edge, prerank, running_sum
from ._run import EnrichmentOptions, run_enrichment
from ._scanpy_ranking import DEFAULT_KEY
from ._terms import Background, EnrichmentResult, background_names, table, terms_over

__all__ = [
    "DEFAULT_KEY",
    "MIN_QUERY",
    "Background",
    "EnrichmentOptions",
    "EnrichmentResult",
    "GeneLists",
    "background_names",
    "from_adata",
    "from_genes",
    "gene_covariates",
    "leading_edge",
    "model_enrichment",
    "ora",
    "prerank",
    "run_enrichment",
    "running_sum",
    "table",
    "terms_over",
]
