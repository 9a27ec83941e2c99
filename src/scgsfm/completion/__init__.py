"""Gene-set models on gene sets and cells: completion, predicted functions and cross-validation."""

from ._cell_signatures import CellSignatures
from ._complete import Completer, complete, known_genes, number_and_share, predictions, zscores
from ._completion_tables import completion_tables
from ._cross_validation import CrossValidated, cross_validate
from ._embed_cells import CellEmbedding, GeneSetEncoder, embed_cells, matched_tokens
from ._gene_columns import gene_columns
from ._gene_page import GenePage, build_gene_page, named_libraries
from ._gene_set_model import GeneSetModel, LatentModel
from ._placed_genes import PlacedGenes, place_genes, placed_predictions
from ._related_genes import GeneRelations, Relation, gene_pairs_table, related_genes_table
from ._set_kinds import SetKind, SetKinds
from ._tables import is_cross_validated, prediction_tables, requested_genes
from ._term_predictions import TermPredictions, predict_terms

__all__ = [
    "CellEmbedding",
    "CellSignatures",
    "Completer",
    "CrossValidated",
    "GenePage",
    "GeneRelations",
    "GeneSetEncoder",
    "GeneSetModel",
    "LatentModel",
    "PlacedGenes",
    "Relation",
    "SetKind",
    "SetKinds",
    "TermPredictions",
    "build_gene_page",
    "complete",
    "completion_tables",
    "cross_validate",
    "embed_cells",
    "gene_columns",
    "gene_pairs_table",
    "is_cross_validated",
    "known_genes",
    "matched_tokens",
    "named_libraries",
    "number_and_share",
    "place_genes",
    "placed_predictions",
    "predict_terms",
    "prediction_tables",
    "predictions",
    "related_genes_table",
    "requested_genes",
    "zscores",
]
