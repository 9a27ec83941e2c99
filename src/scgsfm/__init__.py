"""Gene-set foundation models for single-cell analysis."""

from importlib.metadata import version

from . import datasets, errors, get, models, pl, pp, tl
from .genesets import GeneSets
from .scoring.methods import methods
from .settings import settings

__all__ = ["GeneSets", "datasets", "errors", "get", "methods", "models", "pl", "pp", "settings", "tl"]

__version__ = version("scgsfm")
