"""Fitting of the phenotype predictor and of the weights of gene prioritization; needs scikit-learn."""

from scgsfm.phenotypes._predictor import isotonic_probability, log_odds_terms, raw_log_odds

from ._annotation_kernel import AnnotationKernel
from ._calibration import fit_calibration
from ._gene_similarity import (
    KERNEL_WEIGHTS,
    GeneSimilarity,
    centered_unit_rows,
    set_vectors,
    text_vectors,
    without_disease_sentences,
)
from ._kernel_regression import encode, label_basis, neighbor_weights, ridge_weights, smoothing_weights
from ._ranking_weights import RankingExamples, fit_ranking_weights, ranking_examples

__all__ = [
    "KERNEL_WEIGHTS",
    "AnnotationKernel",
    "GeneSimilarity",
    "RankingExamples",
    "centered_unit_rows",
    "encode",
    "fit_calibration",
    "fit_ranking_weights",
    "isotonic_probability",
    "label_basis",
    "log_odds_terms",
    "neighbor_weights",
    "ranking_examples",
    "raw_log_odds",
    "ridge_weights",
    "set_vectors",
    "smoothing_weights",
    "text_vectors",
    "without_disease_sentences",
]
