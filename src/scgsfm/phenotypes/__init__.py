"""Phenotypes, diseases and genes: HPO annotations, predicted phenotypes, gene prioritization, enrichment, retrieval.

This package needs NumPy, SciPy and pandas, but neither PyTorch nor an extra. The predictor and the ranker are fitted by
:mod:`scgsfm.phenotypes.fitting`.
"""

from ._annotations import Evidence, HPOAnnotations, load_annotations, read_annotations
from ._answer_sources import approved_symbol, gene_functions, predicted_probability
from ._enrichment import AnnotatedSets, PhenotypeEnrichment
from ._frequencies import frequency_words, parse_frequency
from ._gene_ranking import RANKING_FEATURES, GeneRanker, RankedGenes, load_ranker, rank_genes
from ._gene_tables import annotated_symbols, association_table, candidate_symbols, ranking_table, read_genes
from ._index_files import IndexContents, PackedIndex, check_index, pack_index, write_index
from ._index_in_use import ANNOTATIONS_FILE, index_file, installed_indexes, per_index
from ._index_update import HPO_URLS, InstalledIndex, update_annotations
from ._ontology import Ontology
from ._orphadata import orphanet_annotation, read_orphadata
from ._patient_files import is_text_file, terms_of_lines
from ._patient_terms import PatientTerms, Terms, read_patient, read_terms, split_patient
from ._predictor import PREDICTOR_FILE, PhenotypePredictor, load_predictor, read_predictor
from ._release_files import (
    Annotation,
    AnnotationRelease,
    Link,
    OntologyRelease,
    OrphanetRelease,
    read_gene_links,
    read_hpoa,
    read_ontology,
)
from ._retrieval import QUESTION_KINDS, Entity, Fact, FactRetriever, Predict, RetrievedFacts

__all__ = [
    "ANNOTATIONS_FILE",
    "HPO_URLS",
    "PREDICTOR_FILE",
    "QUESTION_KINDS",
    "RANKING_FEATURES",
    "AnnotatedSets",
    "Annotation",
    "AnnotationRelease",
    "Entity",
    "Evidence",
    "Fact",
    "FactRetriever",
    "GeneRanker",
    "HPOAnnotations",
    "IndexContents",
    "InstalledIndex",
    "Link",
    "Ontology",
    "OntologyRelease",
    "OrphanetRelease",
    "PackedIndex",
    "PatientTerms",
    "PhenotypeEnrichment",
    "PhenotypePredictor",
    "Predict",
    "RankedGenes",
    "RetrievedFacts",
    "Terms",
    "annotated_symbols",
    "approved_symbol",
    "association_table",
    "candidate_symbols",
    "check_index",
    "frequency_words",
    "gene_functions",
    "index_file",
    "installed_indexes",
    "is_text_file",
    "load_annotations",
    "load_predictor",
    "load_ranker",
    "orphanet_annotation",
    "pack_index",
    "parse_frequency",
    "per_index",
    "predicted_probability",
    "rank_genes",
    "ranking_table",
    "read_annotations",
    "read_gene_links",
    "read_genes",
    "read_hpoa",
    "read_ontology",
    "read_orphadata",
    "read_patient",
    "read_predictor",
    "read_terms",
    "split_patient",
    "terms_of_lines",
    "update_annotations",
    "write_index",
]
