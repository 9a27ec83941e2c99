"""Training of GP-GPT in two stages: corpus, instructions, language model."""

from ._config import TrainConfig
from ._corpus import Corpus, Prose, build_corpus
from ._question_templates import QUESTIONS

__all__ = ["QUESTIONS", "Corpus", "Prose", "TrainConfig", "build_corpus"]
