"""Scoring methods and the engine that walks the data in blocks of cells."""

from ._complete import complete
from ._engine import Job, Result, run
from ._methods import get_method, methods
from ._registry import Method
from ._rows import Rows
from ._sets import SetIndex

__all__ = ["Job", "Method", "Result", "Rows", "SetIndex", "complete", "get_method", "methods", "run"]
