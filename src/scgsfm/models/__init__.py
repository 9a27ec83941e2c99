"""Pretrained models by name, used without AnnData: lists of genes and arrays in, arrays out."""

from ._as_model import as_model, model_kind
from ._available import available
from ._chat import chat
from ._load import load
from ._model import Model

__all__ = ["Model", "as_model", "available", "chat", "load", "model_kind"]
