"""Questions in words: names are linked to entities, rules read what is asked, annotations give the answer.

This room needs neither PyTorch nor an extra. A language model can read the questions instead of the rules: it is an object
with the methods of :class:`QuestionReader`.
"""

from ._answer import Answer, QuestionReader, answer
from ._common_words import DESCRIPTIONS, is_common_word
from ._decline_reason import decline_reason
from ._entity_linking import EntityLinker, LinkedQuestion
from ._language import is_other_language
from ._rule_reader import RuleReader

__all__ = [
    "DESCRIPTIONS",
    "Answer",
    "EntityLinker",
    "LinkedQuestion",
    "QuestionReader",
    "RuleReader",
    "answer",
    "decline_reason",
    "is_common_word",
    "is_other_language",
]
