"""GP-GPT: a language model that is asked about genes, phenotypes and diseases, and its training."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._ask import Answer
from .training import ASKED, Corpus, Prose, TrainConfig, build_corpus

if TYPE_CHECKING:
    from ._gpgpt import GPGPT
    from ._llama import merge
    from .training._train import train

__all__ = ["ASKED", "GPGPT", "Answer", "Corpus", "Prose", "TrainConfig", "build_corpus", "merge", "train"]

_LATER = {"GPGPT": "_gpgpt", "merge": "_llama", "train": "training._train"}
"""Names whose modules load torch or Lightning, by module."""


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(import_module(f".{_LATER[name]}", __name__), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
