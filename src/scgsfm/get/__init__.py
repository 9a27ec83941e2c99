"""Getting results out of AnnData in a handy form."""

from ._score_adata import score_adata
from ._scores import scores

__all__ = ["score_adata", "scores"]
