"""Plots of scores and of completed gene sets."""

from ._annotate import annotate
from ._complete_sets import complete_sets
from ._enrich import enrich
from ._gene_map import gene_map
from ._phenotypes import phenotypes
from ._predict_functions import predict_functions
from ._running_score import running_score
from ._score import score

__all__ = [
    "annotate",
    "complete_sets",
    "enrich",
    "gene_map",
    "phenotypes",
    "predict_functions",
    "running_score",
    "score",
]
