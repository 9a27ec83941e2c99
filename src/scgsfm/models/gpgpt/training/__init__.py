"""Training of GP-GPT in two stages: the corpus, the instructions, the language model."""

from ._config import TrainConfig
from ._corpus import Corpus, Prose, build_corpus
from ._question_templates import ASKED

__all__ = ["ASKED", "Corpus", "Prose", "TrainConfig", "build_corpus"]
