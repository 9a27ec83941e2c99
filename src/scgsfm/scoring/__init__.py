"""Scoring methods and the engine that walks the data in blocks of cells."""

from ._cell_sets import CellSets
from ._complete import complete, known_genes, predictions
from ._engine import Job, Result, run
from ._methods import get_method, methods
from ._registry import Method
from ._rows import Rows
from ._sets import SetIndex
from ._vocabulary import N_SPECIALS, columns_of

__all__ = [
    "N_SPECIALS",
    "CellSets",
    "Job",
    "Method",
    "Result",
    "Rows",
    "SetIndex",
    "columns_of",
    "complete",
    "get_method",
    "known_genes",
    "methods",
    "predictions",
    "run",
]
