"""Scoring methods: a file and a line of the registry each."""

from ._method import Method, Scorer, Scores
from ._registry import METHODS, get_method, methods

__all__ = ["METHODS", "Method", "Scorer", "Scores", "get_method", "methods"]
