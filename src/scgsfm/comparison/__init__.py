"""Scores compared between conditions, with samples as the unit of replication."""

from ._compare_conditions import CompareOptions, Comparison, compare_conditions
from ._mixed_model import MixedFit, fit_mixed_model
from ._moderated_t import (
    LinearFit,
    Prior,
    adjusted,
    effective_number,
    fit_linear_model,
    fit_prior,
    precision_weights,
    trigamma_inverse,
)
from ._replicates import ALL_CELLS, Replicates
from ._score_source import ComputedScores, ScoreSource, StoredScores
from ._summed_counts import summed_counts
from ._unit_sums import UnitSums

__all__ = [
    "ALL_CELLS",
    "CompareOptions",
    "Comparison",
    "ComputedScores",
    "LinearFit",
    "MixedFit",
    "Prior",
    "Replicates",
    "ScoreSource",
    "StoredScores",
    "UnitSums",
    "adjusted",
    "compare_conditions",
    "effective_number",
    "fit_linear_model",
    "fit_mixed_model",
    "fit_prior",
    "precision_weights",
    "summed_counts",
    "trigamma_inverse",
]
