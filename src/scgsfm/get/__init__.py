"""Results out of AnnData: scores as tables and as AnnData."""

from ._score_adata import score_adata
from ._scores import scores

__all__ = ["score_adata", "scores"]
