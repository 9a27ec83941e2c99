"""Answers to questions: the model reads what is asked and of what; annotations give the facts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from scgsfm._messages import suggestion
from scgsfm.phenotypes import Fact, FactRetriever, load_annotations

from ._entity_linking import Entity, EntityLinker, Read
from .training._question_templates import QUESTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scgsfm.phenotypes import HPOAnnotations, Predict


_ASKED = {
    "genes": "genes",
    "phenotypes": "phenotypes",
    "diseases": "diseases",
    "related": "whether they are related",
    "how often": "how often it is seen",
    "meaning": "what it is",
    "functions": "functions",
}
_SURE = 0.9
"""From here on a question that names one known thing relates it to another, which isn't known."""
_ADVICE = "ask about one thing, about several phenotypes, or whether or how often two things go together"
_OPTIONAL = re.compile(r"(?<=[a-z])\((s|es)\)")
"""As in gene(s)."""
_BEYOND = re.compile(
    r"\b(?:treat\w*|therap\w+|drugs?|cur(?:e|es|ed|able)|medications?|prognos\w+|dos(?:e|es|age))\b", re.IGNORECASE
)
"""Words of questions that no annotation answers."""
UNKNOWN = "I don't know."
"""How an answer begins that nothing supports."""


class QuestionReader(Protocol):
    """What answering needs of the language model."""

    def entities(self, question: str, /) -> list[tuple[str, str]]:
        """Kind and wording of the entities in a question."""

    def relates(self, question: str, /) -> float:
        """Probability that a question asks how two things relate."""

    def likeliest(self, question: str, options: Sequence[str], /) -> str:
        """What a question most probably asks for."""


@dataclass(frozen=True)
class Answer:
    """An answer and the rows that support it.

    Attributes
    ----------
    question, text
        What was asked, and the answer in words, each fact with the number of its source.
    asked
        What the question was taken to ask for; empty if it wasn't understood.
    entities
        The genes, phenotypes and diseases that it was taken to name.
    names
        All answers by id or symbol, for ``"related"`` ``"yes"`` or ``"no"``; empty if nothing is known.
    facts
        What the text tells, one row a fact: ``pandas.DataFrame(answer.facts)`` is a table.
    declined
        Whether nothing supports an answer.
    about
        Versions and citations of what was displayed, and what it must not be used for.
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
    known: HPOAnnotations | None = None,
    resolve: Callable[[str], str] | None = None,
    predict: Predict | None = None,
    functions: Callable[[str], list[tuple[str, str]]] | None = None,
    n_max: int = 10,
) -> Answer:
    """Answer a question; see :meth:`GPGPT.ask`."""
    if not isinstance(question, str) or not question.strip():
        msg = f"question must be a text, found {question!r}."
        raise ValueError(msg)
    known = known or load_annotations()
    question = " ".join(question.split())
    plain = _OPTIONAL.sub(r"\1", question)
    read = EntityLinker(known, resolve).read(plain, model.entities(plain))
    about = known.about()
    if read.unknown or not read.entities:
        return Answer(question, f"{UNKNOWN} {_why(read)}", entities=read.entities, declined=True, about=about)
    if beyond := _BEYOND.search(read.bare):
        text = f"{UNKNOWN} Nothing in what I have is about {beyond[0]!r}; {_ADVICE}."
        return Answer(question, text, entities=read.entities, declined=True, about=about)
    asked = _asked(model, read.bare, read.entities)
    named = " and ".join(entity.label for entity in read.entities)
    if not asked:
        text = f"{UNKNOWN} Of {named} alone I can't tell this; {_ADVICE}."
        return Answer(question, text, entities=read.entities, declined=True, about=about)
    found = FactRetriever(known, predict, functions, n_max).find(asked, read.entities)
    heading = f"Asked: {_ASKED[asked]}; of {named}."
    text = f"{heading} {found.text}" if found.facts else f"{UNKNOWN} {heading} {found.text}"
    return Answer(
        question, text, asked, read.entities, tuple(found.names), found.facts, declined=not found.facts, about=about
    )


def _why(read: Read) -> str:
    """Why a question can't be answered."""
    if not read.unknown:
        return "I found no gene, phenotype or disease that I know in the question."
    return f"There is nothing about {read.unknown!r} in what I have.{suggestion(read.close)}"


def _asked(model: QuestionReader, question: str, entities: tuple[Entity, ...]) -> str:
    """The likeliest thing to ask of such entities, or ``""`` if there is none."""
    kinds = {entity.kind for entity in entities}
    options = [asked for asked, kinds_asked in QUESTIONS if set(kinds_asked) == kinds]
    if len(entities) > len(kinds):  # of several together only phenotypes make sense, which a gene or disease all has
        options = [asked for asked in options if kinds == {"hpo"} and asked != "meaning"]
    if len(kinds) == 1 and model.relates(question) > _SURE:
        return ""
    return model.likeliest(question, options) if options else ""
