"""Question answering: the model reads the kind of question and the entities, annotations give the facts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from scgsfm._messages import suggestion
from scgsfm.phenotypes import Entity, Fact, FactRetriever, load_annotations

from ._decline_reason import decline_reason
from ._entity_linking import EntityLinker, LinkedQuestion

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scgsfm.phenotypes import HPOAnnotations, Predict


_HEADINGS = {
    "genes": "genes",
    "phenotypes": "phenotypes",
    "diseases": "diseases",
    "related": "whether they are related",
    "how often": "how often it is seen",
    "meaning": "what it is",
    "functions": "functions",
}
_MIN_RELATION = 0.9
"""Above this probability of a relation, a question with a single entity is declined: the other one is unknown."""
_ADVICE = "ask about one thing, about several phenotypes, or whether or how often two things go together"
_OPTIONAL = re.compile(r"(?<=[a-z])\((s|es)\)")
"""Optional plurals, as in gene(s)."""
UNKNOWN = "I don't know."
"""Beginning of a declined answer."""


class QuestionReader(Protocol):
    """The methods of the language model that are needed to answer questions."""

    def entities(self, question: str, /) -> list[tuple[str, str]]:
        """Kind and wording of the entities in a question."""

    def asks_for_relation(self, question: str, /) -> float:
        """Probability that a question asks for the relation of two entities."""

    def most_probable(self, question: str, kinds: Sequence[str], /) -> str:
        """The most probable of some kinds of questions."""


@dataclass(frozen=True)
class Answer:
    """An answer with the facts that support it.

    Attributes
    ----------
    question, text
        The question, and the answer in words, each fact with the number of its source.
    asked
        Kind of the question, one of :data:`~scgsfm.models.gpgpt.QUESTION_KINDS`; empty if it was not understood.
    entities
        Genes, phenotypes and diseases in the question.
    names
        All answers by id or symbol, ``"yes"`` or ``"no"`` for ``"related"``; empty if no annotation has an answer.
    facts
        The facts shown in the text; ``pandas.DataFrame(answer.facts)`` is a table.
    declined
        Whether nothing supports an answer.
    about
        Versions and citations of the sources, and a notice on their use.
    """

    question: str
    text: str
    asked: str = ""
    entities: tuple[Entity, ...] = ()
    names: tuple[str, ...] = ()
    facts: list[Fact] = field(default_factory=list)
    declined: bool = False
    about: str = ""

    def __str__(self) -> str:
        sources = list(dict.fromkeys(fact.cite() for fact in self.facts))
        lines = [self.text, *(f"[{i + 1}] {source}" for i, source in enumerate(sources))]
        return "\n".join([*lines, "", self.about])


def answer(
    model: QuestionReader,
    question: str,
    *,
    hpo: HPOAnnotations | None = None,
    resolve: Callable[[str], str] | None = None,
    predict: Predict | None = None,
    functions: Callable[[str], list[tuple[str, str]]] | None = None,
    n_max: int = 10,
) -> Answer:
    """Answer a question; see :meth:`GPGPT.ask`."""
    if not isinstance(question, str) or not question.strip():
        msg = f"`question` must be a non-empty string, found {question!r}."
        raise ValueError(msg)
    hpo = hpo or load_annotations()
    question = " ".join(question.split())
    plain = _OPTIONAL.sub(r"\1", question)
    linked = EntityLinker(hpo, resolve).link(plain, model.entities(plain))
    entities, about = linked.entities, hpo.about()

    def declined(text: str) -> Answer:
        return Answer(question, f"{UNKNOWN} {text}", entities=entities, declined=True, about=about)

    if linked.unknown or not entities:
        return declined(_reason(linked))
    if reason := decline_reason(linked.template, tuple(entity.kind for entity in entities)):
        return declined(f"{reason}; {_ADVICE}.")
    kind = _question_kind(model, linked.template, entities)
    names = " and ".join(entity.label for entity in entities)
    if not kind:
        return declined(f"Of {names} alone I can't tell this; {_ADVICE}.")
    found = FactRetriever(hpo, predict, functions, n_max).find(kind, entities)
    slips = "".join(f" I read {wrong!r} as {label}." for wrong, label in linked.corrected)
    heading = f"Asked: {_HEADINGS[kind]}; of {names}.{slips}"
    text = f"{heading} {found.text}" if found.facts else f"{UNKNOWN} {heading} {found.text}"
    return Answer(
        question, text, kind, entities, tuple(found.names), found.facts, declined=not found.facts, about=about
    )


def _reason(linked: LinkedQuestion) -> str:
    """Why a question cannot be answered."""
    if not linked.unknown:
        return "I found no gene, phenotype or disease that I know in the question."
    return f"There is nothing about {linked.unknown!r} in what I have.{suggestion(linked.similar)}"


def _question_kind(model: QuestionReader, question: str, entities: tuple[Entity, ...]) -> str:
    """The most probable kind of question about some entities, or ``""`` if there is none."""
    entity_kinds = {entity.kind for entity in entities}
    kinds = FactRetriever.question_kinds(entity_kinds)
    if len(entities) > len(entity_kinds):  # only phenotypes can be combined, and not to ask for their meaning
        kinds = [kind for kind in kinds if entity_kinds == {"hpo"} and kind != "meaning"]
    if len(entity_kinds) == 1 and model.asks_for_relation(question) > _MIN_RELATION:
        return ""
    return model.most_probable(question, kinds) if kinds else ""
