"""Gene-set models on gene sets and cells: completion, predicted functions and cross-validation."""

from ._cell_signatures import CellSignatures
from ._complete import Completer, complete, known_genes, predictions, zscores
from ._cross_validation import CrossValidated, cross_validate
from ._gene_columns import gene_columns
from ._gene_set_model import GeneSetModel
from ._tables import prediction_tables, requested_genes
from ._term_predictions import TermPredictions, predict_terms

__all__ = [
    "CellSignatures",
    "Completer",
    "CrossValidated",
    "GeneSetModel",
    "TermPredictions",
    "complete",
    "cross_validate",
    "gene_columns",
    "known_genes",
    "predict_terms",
    "prediction_tables",
    "predictions",
    "requested_genes",
    "zscores",
]
