"""GP-GPT: a language model that reads questions about genes, phenotypes and diseases, and its training."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from scgsfm.phenotypes import QUESTION_KINDS
from scgsfm.questions import Answer

from ._prompts import NO, YES, answer_prompt
from ._tokenizer import ANSWER, spans

if TYPE_CHECKING:
    from ._gpgpt import GPGPT
    from ._pack import pack
    from .training import Corpus, Prose, TrainConfig, build_corpus
    from .training._adapters import merge
    from .training._model_card import readme
    from .training._train import train

__all__ = [
    "ANSWER",
    "GPGPT",
    "NO",
    "QUESTION_KINDS",
    "YES",
    "Answer",
    "Corpus",
    "Prose",
    "TrainConfig",
    "answer_prompt",
    "build_corpus",
    "merge",
    "pack",
    "readme",
    "spans",
    "train",
]

_LAZY = {
    "GPGPT": "_gpgpt",
    "pack": "_pack",
    **dict.fromkeys(("Corpus", "Prose", "TrainConfig", "build_corpus"), "training"),
    "merge": "training._adapters",
    "readme": "training._model_card",
    "train": "training._train",
}
"""Modules of names that are imported on first access: they load torch or Lightning, or are needed by training only."""


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(f".{_LAZY[name]}", __name__), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
