"""Scoring methods: one file, and one line of the registry, per method."""

from ._method import Method, Scorer, Scores
from ._registry import METHODS, get_method, methods
from ._weighted_sum import GeneValues, WeightedSum

__all__ = ["METHODS", "GeneValues", "Method", "Scorer", "Scores", "WeightedSum", "get_method", "methods"]
