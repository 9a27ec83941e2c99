"""Tools: scores, embeddings and tables from AnnData or gene sets."""

from ._score import score

__all__ = ["score"]
