"""Phenotypes, diseases and genes: HPO annotations, predicted relations, gene prioritization, enrichment. Needs numpy alone."""

from ._annotations import (
    EMBEDDED,
    Evidence,
    HPOAnnotations,
    load_annotations,
    read_annotations,
    share,
)
from ._answer_sources import approved_symbol, gene_functions, predicted_probability
from ._enrichment import PhenotypeEnrichment
from ._frequencies import frequency_words
from ._gene_ranking import FEATURES, GeneRanker, load_ranker, rank_genes
from ._gene_tables import annotated_symbols, association_table, ranking_table
from ._ontology import Ontology
from ._predictor import PhenotypePredictor, load_predictor, read_predictor
from ._retrieval import Entity, Fact, FactRetriever, Predict, RetrievedFacts

__all__ = [
    "EMBEDDED",
    "FEATURES",
    "Entity",
    "Evidence",
    "Fact",
    "FactRetriever",
    "GeneRanker",
    "HPOAnnotations",
    "Ontology",
    "PhenotypeEnrichment",
    "PhenotypePredictor",
    "Predict",
    "RetrievedFacts",
    "annotated_symbols",
    "approved_symbol",
    "association_table",
    "frequency_words",
    "gene_functions",
    "load_annotations",
    "load_predictor",
    "load_ranker",
    "predicted_probability",
    "rank_genes",
    "ranking_table",
    "read_annotations",
    "read_predictor",
    "share",
]
