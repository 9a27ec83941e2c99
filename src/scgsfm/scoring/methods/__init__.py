"""Scoring methods: one file, and one line of the registry, per method."""

from ._aucell import default_n_up
from ._method import Method, Scorer, Scores
from ._registry import METHODS, get_method, methods
from ._weighted_sum import GeneValues, WeightedSum

__all__ = [
    "METHODS",
    "GeneValues",
    "Method",
    "Scorer",
    "Scores",
    "WeightedSum",
    "default_n_up",
    "get_method",
    "methods",
]
