"""Question answering: rules or a model read the kind of question, the lookup finds the names, annotations give the facts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Protocol

from scgsfm._html import html_table
from scgsfm._messages import suggestion
from scgsfm.phenotypes import Entity, Fact, FactRetriever, load_annotations

from ._decline_reason import decline_reason, is_background
from ._entity_linking import EntityLinker, LinkedQuestion
from ._language import is_other_language
from ._question_words import spell
from ._rule_reader import RuleReader, asked_things

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
_POINTING = re.compile(
    r"\b(?:it|its|they|them|their|this|that|these|those|she|he|other|others)\b|^(?:and|so|then|but)\b", re.IGNORECASE
)
"""Words that point to an earlier question."""
_PARTS = re.compile(r"(?<=[.!?;:])\s+|,\s+(?=(?:and|so|but|now)\b)", re.IGNORECASE)
"""Where the part of a long question that asks may begin."""
_LEADING = re.compile(r"^(?:and|so|but|now)\b\s*", re.IGNORECASE)
UNKNOWN = "I don't know."
"""Beginning of a declined answer."""


class QuestionReader(Protocol):
    """What reads questions: :class:`RuleReader`, or a language model."""

    def entities(self, question: str, /) -> list[tuple[str, str]]:
        """Kind and wording of the entities in a question."""

    def asks_for_relation(self, question: str, /) -> float:
        """Probability that a question asks for the relation of two entities."""

    def most_probable(self, question: str, kinds: Sequence[str], /) -> str:
        """The most probable of some kinds of questions; ``""`` if none is."""


@dataclass(frozen=True)
class Answer:
    """An answer with the facts that support it.

    Attributes
    ----------
    question, text
        The question, and the answer in words, each fact with the number of its source.
    asked
        Kind of the question, one of ``QUESTION_KINDS`` of ``scgsfm.phenotypes``; empty if it was not understood.
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

    def _repr_html_(self) -> str:
        sources = list(dict.fromkeys(fact.cite() for fact in self.facts))
        text = "".join(f"<p>{escape(part)}</p>" for part in self.text.split("\n") if part)
        rows = [(i, source) for i, source in enumerate(sources, 1)]
        table = html_table(["", "source"], rows, caption="Sources") if rows else ""
        return f"<div><h4>{escape(self.question)}</h4>{text}{table}<p>{escape(self.about)}</p></div>"


def answer(
    question: str,
    reader: QuestionReader | None = None,
    *,
    hpo: HPOAnnotations | None = None,
    resolve: Callable[[str], str] | None = None,
    predict: Predict | None = None,
    functions: Callable[[str], list[tuple[str, str]]] | None = None,
    n_max: int = 10,
) -> Answer:
    """Answer a question from annotations.

    Parameters
    ----------
    question
        Question about genes, phenotypes or diseases, in English.
    reader
        What reads the kind of question; by default rules.
    hpo
        The annotations; by default those in use.
    resolve
        Function that returns the approved symbol of a gene name, or ``""``.
    predict
        Function of a gene's symbol and a term's row that returns the probability of the phenotype, used if no annotation
        relates them.
    functions
        Function that returns what a gene does, as pairs of a function and its source.
    n_max
        Maximum number of facts to show.

    Returns
    -------
    The answer with the source of each fact, or the statement that nothing supports one.
    """
    if not isinstance(question, str) or not question.strip():
        msg = f"`question` must be a non-empty string, found {question!r}."
        raise ValueError(msg)
    hpo, reader = hpo or load_annotations(), reader or RuleReader()
    question = " ".join(question.split())
    plain = spell(_OPTIONAL.sub(r"\1", question), hpo.name_words)
    linked, reason = _read(plain, reader, EntityLinker(hpo, resolve))
    entities, about = linked.entities, hpo.about()

    def declined(text: str) -> Answer:
        return Answer(question, f"{UNKNOWN} {text}", entities=entities, declined=True, about=about)

    if reason:
        return declined(reason)
    kind = _question_kind(reader, linked.template, entities)
    names = " and ".join(entity.label for entity in entities)
    if not kind:
        return declined(f"It is not clear what is asked about {names}; {_ADVICE}.")
    found = FactRetriever(hpo, predict, functions, n_max).find(kind, entities)
    slips = "".join(f" I read {wrong!r} as {label}." for wrong, label in linked.corrected)
    heading = f"Asked: {_HEADINGS[kind]}; of {names}.{slips}"
    text = f"{heading} {found.text}" if found.facts else f"{UNKNOWN} {heading} {found.text}"
    return Answer(
        question, text, kind, entities, tuple(found.names), found.facts, declined=not found.facts, about=about
    )


def _read(question: str, reader: QuestionReader, linker: EntityLinker) -> tuple[LinkedQuestion, str]:
    """The names in a question, or in its last part if the rest only says why it is asked; and why it is declined."""
    linked = linker.link(question, reader.entities(question))
    reason = _not_understood(linked, question)
    if not reason or is_other_language(linked.template):
        return linked, reason
    for cut in reversed(list(_PARTS.finditer(question))):
        part = question[cut.end() :]
        asked = linker.link(part, reader.entities(part))
        if not asked.entities:
            continue
        before = linker.link(question[: cut.start()], [])
        alone = set(before.entities) <= set(asked.entities) and is_background(before.template)
        if alone and not _POINTING.search(_LEADING.sub("", part)) and not _not_understood(asked, part):
            return asked, ""
        break
    return linked, reason


def _not_understood(linked: LinkedQuestion, question: str) -> str:
    """Return why a question cannot be answered at all, or an empty text."""
    if is_other_language(linked.template):
        return "Questions are understood in English only. Please ask in English; names may be given as identifiers."
    if linked.unknown or not linked.entities:
        return linked.unsuited or _reason(linked, question)
    if reason := decline_reason(linked.template, tuple(entity.kind for entity in linked.entities)):
        return f"{reason}; {_ADVICE}."
    allowed = FactRetriever.question_kinds({entity.kind for entity in linked.entities})
    if several := asked_things(linked.template, allowed):
        listed = " and ".join(_HEADINGS[kind] for kind in several)
        return f"There are several questions ({listed}); ask one at a time."
    return ""


def _reason(linked: LinkedQuestion, question: str) -> str:
    """Why the names in a question are not enough to answer it."""
    if not linked.unknown:
        follows = " Each question is read on its own: name what it is about." if _POINTING.search(question) else ""
        return f"I found no gene, phenotype or disease that I know in the question.{follows}"
    return f"There is nothing about {linked.unknown!r} in what I have.{suggestion(linked.similar)}"


def _question_kind(reader: QuestionReader, question: str, entities: tuple[Entity, ...]) -> str:
    """The most probable kind of question about some entities, or ``""`` if there is none."""
    entity_kinds = {entity.kind for entity in entities}
    kinds = FactRetriever.question_kinds(entity_kinds)
    if len(entities) > len(entity_kinds):  # only phenotypes can be combined, and not to ask for their meaning
        kinds = [kind for kind in kinds if entity_kinds == {"hpo"} and kind != "meaning"]
    if len(entity_kinds) == 1 and reader.asks_for_relation(question) > _MIN_RELATION:
        return ""
    return reader.most_probable(question, kinds) if kinds else ""
