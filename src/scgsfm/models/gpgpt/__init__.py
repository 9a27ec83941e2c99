"""GP-GPT: genes, phenotypes and diseases; what is known of them, what is predicted, and a language model that is asked."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._ask import Answer
from ._config import TrainConfig
from ._corpus import Corpus, Prose, build_corpus
from ._facts import Fact
from ._knowledge import Evidence, Knowledge, knowledge, read_knowledge
from ._ontology import Ontology
from ._ranking import Ranker, rank_genes
from ._relations import Relations, relations
from ._templates import ASKED

if TYPE_CHECKING:
    from ._base import merge
    from ._gpgpt import GPGPT
    from ._train import train

__all__ = [
    "ASKED",
    "GPGPT",
    "Answer",
    "Corpus",
    "Evidence",
    "Fact",
    "Knowledge",
    "Ontology",
    "Prose",
    "Ranker",
    "Relations",
    "TrainConfig",
    "build_corpus",
    "knowledge",
    "merge",
    "rank_genes",
    "read_knowledge",
    "relations",
    "train",
]
_LATER = {"GPGPT": "_gpgpt", "merge": "_base", "train": "_train"}
"""Names whose modules load torch or Lightning, by module."""


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(import_module(f".{_LATER[name]}", __name__), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
