"""Enrichment tests of gene lists and rankings for the terms of a library."""

from ._cluster_terms import ClusteredTerms, cluster_terms, with_genes
from ._excluded_genes import GENE_GROUPS, excluded_genes
from ._from_adata import from_adata
from ._gene_lists import GeneLists, from_genes
from ._group_means import GroupMeans
from ._gsfm import MIN_QUERY, gene_covariates, model_enrichment
from ._ora import ora
from ._prerank import leading_edge, prerank, running_sum
from ._run import EnrichmentOptions, run_enrichment
from ._running_sums import RunningSum, generators, ranking_table, running_sums
from ._scanpy_ranking import DEFAULT_KEY, ScanpyRanking
from ._term_clusters import TermClusters, cluster_by_similarity
from ._term_results import score_results, term_results
from ._term_similarity import MIN_SIMILARITY, Similarity, term_similarity
from ._terms import Background, EnrichmentResult, background_names, table, terms_over

__all__ = [
    "DEFAULT_KEY",
    "GENE_GROUPS",
    "MIN_QUERY",
    "MIN_SIMILARITY",
    "Background",
    "ClusteredTerms",
    "EnrichmentOptions",
    "EnrichmentResult",
    "GeneLists",
    "GroupMeans",
    "RunningSum",
    "ScanpyRanking",
    "Similarity",
    "TermClusters",
    "background_names",
    "cluster_by_similarity",
    "cluster_terms",
    "excluded_genes",
    "from_adata",
    "from_genes",
    "gene_covariates",
    "generators",
    "leading_edge",
    "model_enrichment",
    "ora",
    "prerank",
    "ranking_table",
    "run_enrichment",
    "running_sum",
    "running_sums",
    "score_results",
    "table",
    "term_results",
    "term_similarity",
    "terms_over",
    "with_genes",
]
