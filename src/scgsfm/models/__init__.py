"""Pretrained models by name, used without AnnData: lists of genes and arrays in, arrays out."""

from ._available import available
from ._load import as_model, load

__all__ = ["as_model", "available", "load"]
