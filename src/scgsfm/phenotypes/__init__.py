"""Phenotypes, diseases and genes: HPO annotations, predicted relations, gene prioritization, enrichment. Needs numpy alone."""

from ._annotations import (
    EMBEDDED,
    Evidence,
    HPOAnnotations,
    load_annotations,
    read_annotations,
    share,
)
from ._enrichment import PhenotypeEnrichment
from ._frequencies import frequency_words
from ._gene_ranking import FEATURES, GeneRanker, load_ranker, rank_genes
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
    "frequency_words",
    "load_annotations",
    "load_predictor",
    "load_ranker",
    "rank_genes",
    "read_annotations",
    "read_predictor",
    "share",
]
