"""Plots of scores and of completed gene sets."""

from ._complete_sets import complete_sets
from ._score import score

__all__ = ["complete_sets", "score"]
