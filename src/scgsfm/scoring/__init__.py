"""Scoring methods and the engine that walks the data in blocks of cells."""

from ._engine import Job, Result, run
from ._methods import get_method, methods
from ._rows import Rows
from ._sets import SetIndex

__all__ = ["Job", "Result", "Rows", "SetIndex", "get_method", "methods", "run"]
