"""Scoring methods and the engine that walks the data in blocks of cells."""

from ._annotate import Markers, Profile, probabilities, score_cells
from ._cell_sets import CellSets
from ._complete import complete, known_genes, predictions, zscores
from ._engine import Job, Result, run, run_into, run_lazily
from ._functions import Pairs, predicted_pairs
from ._left_out import LeftOut, left_out
from ._methods import get_method, methods
from ._registry import Method
from ._rows import Rows
from ._sets import SetIndex
from ._vocabulary import columns_of

__all__ = [
    "CellSets",
    "Job",
    "LeftOut",
    "Markers",
    "Method",
    "Pairs",
    "Profile",
    "Result",
    "Rows",
    "SetIndex",
    "columns_of",
    "complete",
    "get_method",
    "known_genes",
    "left_out",
    "methods",
    "predicted_pairs",
    "probabilities",
    "predictions",
    "run",
    "run_into",
    "run_lazily",
    "score_cells",
    "zscores",
]
