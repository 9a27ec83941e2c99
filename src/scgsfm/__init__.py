"""Gene-set foundation models for single-cell analysis."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .settings import settings

if TYPE_CHECKING:
    from . import datasets, errors, get, models, pl, pp, tl
    from .explorer import explore
    from .genesets import GeneSets
    from .scoring.methods import methods

__all__ = ["GeneSets", "datasets", "errors", "explore", "get", "methods", "models", "pl", "pp", "settings", "tl"]

__version__: str

_HOMES = {"GeneSets": ".genesets", "explore": ".explorer", "methods": ".scoring.methods"}
"""Modules of the names that are no module themselves."""


def __getattr__(name: str) -> Any:
    """Import on first use: pandas and anndata take more than a second, which `scgsfm --help` does not need."""
    if name == "__version__":
        value: Any = _version()
    elif name in _HOMES:
        value = getattr(import_module(_HOMES[name], __name__), name)
    elif name in __all__:
        value = import_module(f".{name}", __name__)
    else:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, without the rooms that have been imported."""
    return [*__all__, "__version__"]


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("scgsfm")
    except PackageNotFoundError:  # a source tree that is not installed
        return "0+unknown"
