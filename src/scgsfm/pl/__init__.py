"""Plots of scores and of completed gene sets."""

from ._annotate import annotate
from ._complete_sets import complete_sets
from ._gene_map import gene_map
from ._predict_functions import predict_functions
from ._score import score

__all__ = ["annotate", "complete_sets", "gene_map", "predict_functions", "score"]
