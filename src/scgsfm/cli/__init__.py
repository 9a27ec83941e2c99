"""The shell command ``scgsfm``."""

from ._main import main

__all__ = ["main"]
