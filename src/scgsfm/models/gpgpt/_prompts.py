"""Prompts of the instructions that the model is trained on, and their fixed answers."""

from __future__ import annotations

from ._tokenizer import tag

KIND_PROMPT = "What does this ask for? "
ENTITIES_PROMPT = "Which entities does this name? "
ANSWER_PROMPT = "Answer: "
RELATION_PROMPT = "Related or not? "
YES, NO = "yes", "no"
KIND_ANSWERS = {
    "genes": "<gene>",
    "phenotypes": "<hpo>",
    "diseases": "<disease>",
    "related": " related",
    "how often": " frequent",
    "meaning": " is",
    "functions": " activity",
}
"""Answer of the model for each kind of question: single tokens that are frequent in its corpus."""


def kind_prompt(question: str) -> str:
    """The prompt for the kind of a question; the answers are :data:`KIND_ANSWERS`.

    Names in the question may be replaced by the tags of their kinds, such as ``<gene>``.
    """
    return KIND_PROMPT + question


def entities_prompt(question: str) -> str:
    """The prompt for the entities named in a question, which are answered in tags."""
    return ENTITIES_PROMPT + question


def answer_prompt(question: str) -> str:
    """The prompt for an answer by the model alone."""
    return ANSWER_PROMPT + question


def relation_prompt(gene: str, term: str) -> str:
    """The prompt for the relation of a gene and a phenotype, which is answered by yes or no."""
    return f"{RELATION_PROMPT}{tag('gene', gene)} – {tag('hpo', term)}"
