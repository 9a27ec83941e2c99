"""Gene-set foundation models for single-cell analysis."""

from importlib.metadata import PackageNotFoundError, version

from . import datasets, errors, get, models, pl, pp, tl
from .genesets import GeneSets
from .scoring.methods import methods
from .settings import settings

__all__ = ["GeneSets", "datasets", "errors", "get", "methods", "models", "pl", "pp", "settings", "tl"]


def __dir__() -> list[str]:
    """The public names, without the rooms that have been imported."""
    return [*__all__, "__version__"]


try:
    __version__ = version("scgsfm")
except PackageNotFoundError:  # a source tree that is not installed
    __version__ = "0+unknown"
